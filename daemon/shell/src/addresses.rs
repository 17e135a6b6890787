//! Where people can find this server: what it listens on, as others see it.
use std::net::{IpAddr, SocketAddr};

use sotto_protocol::Invite;

/// `host:port`, most likely first, as many as an invite holds.
pub(crate) fn reachable(listening: &[SocketAddr], is_public: bool) -> Vec<String> {
    let machine: Vec<IpAddr> =
        if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|interface| interface.ip()).collect();
    seen_by_others(listening, &machine, is_public)
}

fn seen_by_others(listening: &[SocketAddr], machine: &[IpAddr], is_public: bool) -> Vec<String> {
    let mut found: Vec<SocketAddr> = Vec::new();
    for address in listening {
        if !address.ip().is_unspecified() {
            found.push(*address);
            continue;
        }
        let same_family = machine.iter().filter(|ip| ip.is_ipv4() == address.is_ipv4());
        found.extend(same_family.map(|ip| SocketAddr::new(*ip, address.port())));
    }
    found.retain(|address| !is_link_local(address.ip()) && (is_public || crate::net::is_near(address.ip())));
    if found.iter().any(|address| !address.ip().is_loopback()) {
        found.retain(|address| !address.ip().is_loopback());
    }
    // IPv4 first: in an old house network it is what works.
    found.sort_by_key(|address| !address.is_ipv4());
    found.dedup();
    found.truncate(Invite::ADDRESSES_MAX);
    found.iter().map(ToString::to_string).collect()
}

/// Such an address says nothing without the name of an interface.
const fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: [&str; 6] = ["127.0.0.1", "::1", "fe80::1", "fd12::20", "192.168.1.20", "203.0.113.9"];

    fn seen(listening: &[&str], is_public: bool) -> Vec<String> {
        let listening: Vec<SocketAddr> = listening.iter().map(|text| text.parse().unwrap()).collect();
        let machine: Vec<IpAddr> = MACHINE.iter().map(|text| text.parse().unwrap()).collect();
        seen_by_others(&listening, &machine, is_public)
    }

    #[test]
    fn a_server_that_listens_everywhere_is_found_in_the_private_network() {
        assert_eq!(seen(&["0.0.0.0:7688", "[::]:7688"], false), ["192.168.1.20:7688", "[fd12::20]:7688"]);
        assert_eq!(seen(&["0.0.0.0:7688"], true), ["192.168.1.20:7688", "203.0.113.9:7688"]);
    }

    #[test]
    fn a_server_that_listens_to_itself_alone_is_found_there() {
        assert_eq!(seen(&["127.0.0.1:4000"], false), ["127.0.0.1:4000"]);
    }
}
