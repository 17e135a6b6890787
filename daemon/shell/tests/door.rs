//! Who is let in and who is not, seen from outside the real binary.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use rustls::version::{TLS12, TLS13};
use support::{Client, Daemon, connect_from, hello_frame, read_to_close, wait_until};

const ME: [u8; 4] = [127, 0, 0, 1];

#[test]
fn a_client_is_welcomed_over_the_hybrid_key_exchange() {
    let daemon = Daemon::with_config("server_name = \"home-pi\"\n");
    let mut client = Client::connect(daemon.address());
    let welcome = client.hello();
    assert_eq!(welcome.server_name.as_str(), "home-pi");
    assert_eq!(client.key_exchange(), rustls::NamedGroup::X25519MLKEM768);
    assert_eq!(client.pin(), daemon.said("pin").as_str().unwrap());
}

#[test]
fn tls_1_2_is_refused() {
    let daemon = Daemon::start();
    let stream = connect_from(ME, daemon.address()).unwrap();
    let refused = Client::with(stream, &[&TLS12], &[b"sotto/1"]).err().unwrap().to_string();
    assert!(refused.contains("ProtocolVersion"), "{refused}");
}

#[test]
fn another_protocol_name_is_refused_and_so_is_none() {
    let daemon = Daemon::start();
    let connect = || connect_from(ME, daemon.address()).unwrap();
    let refused = Client::with(connect(), &[&TLS13], &[b"h2"]).err().unwrap().to_string();
    assert!(refused.contains("NoApplicationProtocol"), "{refused}");
    // Without a name TLS itself has nothing against it: the connection is closed before a word is exchanged.
    let mut nameless = Client::with(connect(), &[&TLS13], &[]).unwrap();
    let _ = nameless.send(&hello_frame(1));
    assert_eq!(nameless.frame(), None);
}

#[test]
fn a_browser_is_told_what_it_has_found() {
    let daemon = Daemon::start();
    let mut stream = connect_from(ME, daemon.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: home-pi:7688\r\n\r\n").unwrap();
    let answer = String::from_utf8(read_to_close(&mut stream)).unwrap();
    assert!(answer.starts_with("this is a sotto port") && answer.lines().count() == 1, "{answer}");
}

#[test]
fn garbage_is_closed_without_a_word() {
    let daemon = Daemon::start();
    for first in [0_u8, 0x15, 0x17, 0x80, 0xFF, b'\n'] {
        let mut stream = connect_from([127, 0, 2, first], daemon.address()).unwrap();
        stream.write_all(&[first; 100]).unwrap();
        assert_eq!(read_to_close(&mut stream), b"");
    }
    wait_until(
        || daemon.metric("sottod_turned_away_total{why=\"garbage\"}") == 6,
        || "not counted".to_owned(),
    );
}

#[test]
fn a_frame_that_is_too_large_is_refused_and_then_the_connection_is_closed() {
    let daemon = Daemon::start();
    let mut client = Client::connect(daemon.address());
    client.hello();
    // What follows the header was sent in good faith; that it is not read must not cost the refusal its way.
    let mut frame = vec![0x7F, 0xFF, 0xFF, 0xFF, 0, 3, 0, 0, 0, 0, 0, 3];
    frame.resize(100_000, 0xAA);
    client.send(&frame).unwrap();
    let reasons = client.reasons();
    assert!(reasons.iter().any(|reason| reason.contains("frame.too_large")), "{reasons:?}");
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_a_frame() {
    let daemon = Daemon::start();
    let mut client = Client::connect(daemon.address());
    for byte in hello_frame(1) {
        client.send(&[byte]).unwrap();
    }
    assert!(client.frame().is_some());
}

#[test]
fn a_peer_that_is_too_slow_is_closed_at_the_deadline() {
    let daemon = Daemon::start();
    let began = Instant::now();
    let silent = connect_from(ME, daemon.address()).unwrap();
    let mut half = connect_from(ME, daemon.address()).unwrap();
    half.write_all(&[0x16, 3, 1]).unwrap();
    let mut dripping = Client::connect(daemon.address());
    let hello = hello_frame(1);
    let drip = std::thread::spawn(move || {
        dripping.send(&hello[..hello.len() - 1]).unwrap();
        dripping.reasons()
    });
    for mut stream in [silent, half] {
        assert_eq!(read_to_close(&mut stream), b"");
        let took = began.elapsed();
        assert!((Duration::from_secs(9)..Duration::from_secs(14)).contains(&took), "{took:?}");
    }
    assert_eq!(drip.join().unwrap(), ["bye hello.deadline"]);
}

#[test]
fn from_one_address_sixteen_strangers_are_let_in_and_no_more() {
    let daemon = Daemon::start();
    let strangers: Vec<Client> = (0..16).map(|_| Client::connect(daemon.address())).collect();
    assert!(Client::over(connect_from(ME, daemon.address()).unwrap()).is_err());
    assert_eq!(daemon.metric("sottod_strangers"), 16);
    drop(strangers);
    wait_until(|| daemon.metric("sottod_strangers") == 0, || "strangers are not forgotten".to_owned());
    Client::connect(daemon.address()).hello();
}

#[test]
fn there_are_never_more_than_128_strangers() {
    let daemon = Daemon::start();
    let come = |number: u8| connect_from([127, 0, 1, number], daemon.address()).ok();
    // Past half of the number more and more are turned away at random, so more must come than there is room for.
    let strangers: Vec<TcpStream> = (0..16).flat_map(|_| (1..=50).filter_map(&come)).collect();
    assert_eq!(strangers.len(), 800);
    wait_until(|| daemon.metric("sottod_turned_away_total{why=\"crowded\"}") >= 600, || daemon.log());
    let let_in = daemon.metric("sottod_strangers");
    assert!((64..=128).contains(&let_in), "{let_in}");
    assert_eq!(daemon.metric("sottod_connections"), let_in);
}

#[test]
fn a_source_that_talks_nonsense_must_wait_and_others_need_not() {
    let daemon = Daemon::start();
    let bad = [127, 0, 3, 3];
    for _ in 0..2 {
        let mut stream = connect_from(bad, daemon.address()).unwrap();
        stream.write_all(&[0; 8]).unwrap();
        read_to_close(&mut stream);
    }
    wait_until(
        || daemon.metric("sottod_turned_away_total{why=\"garbage\"}") == 2,
        || "not counted".to_owned(),
    );
    assert!(Client::over(connect_from(bad, daemon.address()).unwrap()).is_err());
    assert_eq!(daemon.metric("sottod_turned_away_total{why=\"penalised\"}"), 1);
    Client::connect(daemon.address()).hello();
}

#[test]
fn without_free_descriptors_the_daemon_waits_and_recovers() {
    let temporary = tempfile::tempdir().unwrap();
    std::fs::write(temporary.path().join("sottod.toml"), "[limits]\nstrangers_per_source_max = 100\n")
        .unwrap();
    let inner = support::command(temporary.path());
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    let daemon = Daemon::run(temporary.path(), &mut command);
    let crowd: Vec<TcpStream> = (0..60).filter_map(|_| connect_from(ME, daemon.address()).ok()).collect();
    daemon.wait_for_log("no connections can be accepted");
    let before = processor_ms(daemon.pid());
    std::thread::sleep(Duration::from_millis(600));
    let spent = processor_ms(daemon.pid()) - before;
    assert!(spent <= 100, "{spent} ms of processor time in 600 ms of exhaustion");
    drop(crowd);
    let mut welcome = None;
    wait_until(
        || {
            welcome = connect_from(ME, daemon.address())
                .and_then(Client::over)
                .ok()
                .map(|mut client| client.hello());
            welcome.is_some()
        },
        || daemon.log(),
    );
}

/// Processor time of a process so far; Linux counts it in hundredths of a second.
fn processor_ms(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    10 * (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap())
}

#[test]
fn a_hello_that_comes_byte_by_byte_shakes_hands() {
    let daemon = Daemon::start();
    let dripping = Dripping(connect_from(ME, daemon.address()).unwrap());
    assert!(!Client::shake(dripping, &[&TLS13], &[b"sotto/1"]).unwrap().is_handshaking());
}

#[test]
fn keys_can_be_changed_in_the_middle_of_a_conversation() {
    let daemon = Daemon::start();
    let mut client = Client::connect(daemon.address());
    client.hello();
    for stream in [3, 5, 7] {
        client.change_keys();
        client.send(&hello_frame(stream)).unwrap();
        assert_eq!(client.frame().unwrap().header.stream, stream);
    }
}

#[test]
fn what_is_said_together_with_the_end_of_the_handshake_is_heard() {
    let daemon = Daemon::start();
    let mut client = Client::eager(connect_from(ME, daemon.address()).unwrap(), &hello_frame(1));
    assert!(client.frame().is_some());
}

/// Sends one byte at a time.
struct Dripping(TcpStream);

impl std::io::Write for Dripping {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes.get(..1).unwrap_or_default())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl std::io::Read for Dripping {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}
