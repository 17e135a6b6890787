//! Somebody in the middle: another certificate stops the client, and a sign-in that is passed on lets nobody in.
use std::sync::Arc;

use client_sdk::{
    Dialer, LinkError,
    sign_in::{Newcomer, new_keys, register, sign_in},
};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer, version::TLS13};
use sha2::{Digest as _, Sha256};
use sotto_kit::{Door, World};
use sotto_protocol::{DeviceName, DisplayName, Pin, Reason, UserName};
use tokio::{io::copy_bidirectional, net::TcpListener};
use tokio_rustls::TlsAcceptor;

/// Ends TLS with a certificate of its own, and passes every byte on to the real server over TLS of its own.
async fn thief(real: Door) -> Door {
    let made = rcgen::generate_simple_self_signed(vec!["thief".to_owned()]).unwrap();
    let pin = Pin::new(Sha256::digest(made.cert.der()).into());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"sotto/1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, real) = (acceptor.clone(), real.clone());
            tokio::spawn(async move {
                if let (Ok(mut victim), Ok(mut server)) =
                    (acceptor.accept(stream).await, sotto_kit::Wire::connect(&real).await)
                {
                    drop(copy_bidirectional(&mut victim, server.tls()).await);
                }
            });
        }
    });
    Door { address, pin }
}

#[tokio::test]
async fn a_server_with_another_certificate_is_not_talked_to() {
    let world = World::open().await.unwrap();
    let thief = thief(world.daemon.door().clone()).await;
    let knows_the_real_one = Dialer::new(world.daemon.door().pin).unwrap();
    let stopped = knows_the_real_one.dial(&thief.address).await.map(drop).unwrap_err();
    let (expected, found) = (world.daemon.door().pin, thief.pin);
    assert_eq!(stopped, LinkError::WrongServer { expected, found });
}

#[tokio::test]
async fn a_sign_in_that_is_passed_on_through_another_certificate_lets_nobody_in() {
    let world = World::open().await.unwrap();
    let thief = thief(world.daemon.door().clone()).await;
    let anna = world.person("anna").await.unwrap();
    // The worst case: this client was made to trust the thief. What it signs still names the thief, and this connection.
    let fooled = Dialer::new(thief.pin).unwrap();
    let (link, _pushes) = fooled.dial(&thief.address).await.unwrap();
    let refused = sign_in(&link, &anna.keys, anna.token()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::AuthFailed), "{refused}");
    // Nor can an account be made through it.
    let newcomer = Newcomer {
        invite: None,
        user_name: UserName::new("bo").unwrap(),
        display_name: DisplayName::new("Bo").unwrap(),
        email: None,
        device_name: DeviceName::new("phone").unwrap(),
        password: None,
    };
    let (link, _pushes) = fooled.dial(&thief.address).await.unwrap();
    let refused =
        register(&link, &new_keys(), newcomer, client_crypto::Stretching::LOAD_TEST_ONLY).await.unwrap_err();
    assert!(refused.to_string().contains("auth.failed"), "{refused}");
    // Directly, all is well.
    anna.online().await.unwrap();
}
