//! Attachments: what was put before a restart need not be put again.
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use sotto_kit::World;
use sotto_protocol::{BlobCommit, BlobGet, BlobId, BlobOpen, BlobPut, Octets, Reason, limits::CHUNK_MAX};

const CHUNK: u64 = CHUNK_MAX as u64;
const CHUNKS: u64 = 20;
/// The last chunk is a short one.
const SIZE: u64 = CHUNKS * CHUNK - 1000;

fn attachment() -> (BlobId, Bytes) {
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
    (BlobId::new(Sha256::digest(&bytes).into()), bytes.into())
}

fn chunk(blob: BlobId, all: &Bytes, number: u64) -> BlobPut {
    let from = (number * CHUNK) as usize;
    let to = (from + CHUNK as usize).min(all.len());
    BlobPut { blob, offset: number * CHUNK, data: Octets::new(all.slice(from..to)).unwrap() }
}

#[tokio::test]
async fn an_attachment_is_resumed_after_the_server_was_killed() {
    let mut world = World::open().await.unwrap();
    let (anna, bo) = (world.person("anna").await.unwrap(), world.person("bo").await.unwrap());
    let (blob, all) = attachment();
    let of_anna = anna.online().await.unwrap();
    let fresh = of_anna.link.ask(BlobOpen { blob, size: SIZE }).await.unwrap();
    assert!(fresh.have.is_empty() && !fresh.complete);
    for number in [0, 1, 2, 5, 6, 19] {
        of_anna.link.ask(chunk(blob, &all, number)).await.unwrap();
    }
    let early = of_anna.link.ask(BlobCommit { blob }).await.unwrap_err();
    assert_eq!(early.reason(), Some(Reason::BlobIncomplete));

    world.daemon.kill().unwrap();
    world.daemon.revive().unwrap();
    let of_anna = anna.online().await.unwrap();
    let state = of_anna.link.ask(BlobOpen { blob, size: SIZE }).await.unwrap();
    let have =
        |number: u64| state.have.iter().any(|run| run.from <= number * CHUNK && number * CHUNK < run.to);
    for number in [0, 1, 2, 5, 6, 19] {
        assert!(have(number), "chunk {number} was said to be there: {:?}", state.have);
    }
    for number in (0..CHUNKS).filter(|number| !have(*number)) {
        of_anna.link.ask(chunk(blob, &all, number)).await.unwrap();
    }
    assert!(of_anna.link.ask(BlobCommit { blob }).await.unwrap().complete);

    let of_bo = bo.online().await.unwrap();
    let mut got = Vec::new();
    while got.len() < all.len() {
        let piece = BlobGet { blob, offset: got.len() as u64, length: CHUNK_MAX as u32 };
        got.extend_from_slice(&of_bo.link.ask(piece).await.unwrap());
    }
    assert_eq!(Sha256::digest(&got), Sha256::digest(&all));
}

#[tokio::test]
async fn an_attachment_that_is_not_what_its_name_says_is_refused() {
    let world = World::open().await.unwrap();
    let anna = world.person("anna").await.unwrap();
    let (blob, all) = attachment();
    let of_anna = anna.online().await.unwrap();
    of_anna.link.ask(BlobOpen { blob, size: SIZE }).await.unwrap();
    for number in 0..CHUNKS {
        let mut put = chunk(blob, &all, number);
        if number == 3 {
            put.data = Octets::new(vec![0; put.data.len()]).unwrap();
        }
        of_anna.link.ask(put).await.unwrap();
    }
    let wrong = of_anna.link.ask(BlobCommit { blob }).await.unwrap_err();
    assert_eq!(wrong.reason(), Some(Reason::BlobHash));
}
