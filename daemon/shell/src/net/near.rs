//! Who counts as being on our network.
use std::net::IpAddr;

/// Whether an address belongs to this machine, this link or a private network.
pub(crate) fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_near_and_the_internet_is_not_in_whatever_form() {
        let near = [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.20",
            "169.254.7.7",
            "::1",
            "fd12::20",
            "fe80::1",
        ];
        let far = ["8.8.8.8", "172.32.0.1", "100.64.0.1", "0.0.0.0", "2001:db8::1", "::", "::ffff:8.8.8.8"];
        for text in near {
            assert!(is_near(text.parse().unwrap()), "{text}");
        }
        assert!(is_near("::ffff:192.168.1.20".parse().unwrap()));
        for text in far {
            assert!(!is_near(text.parse().unwrap()), "{text}");
        }
    }
}
