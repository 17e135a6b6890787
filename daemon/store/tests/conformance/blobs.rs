//! Attachments.
use daemon_core::store::{Actor, Sweep, hashed};
use sotto_protocol::{
    BlobCommit, BlobGet, BlobId, BlobOpen, BlobPut, BlobState, Octets, Range, Reason, Response,
    limits::CHUNK_MAX,
};

use crate::kit::{DAY_MS, New, World};

both!(
    an_attachment_comes_in_any_order_and_is_read_in_any_piece,
    how_far_it_has_come_is_told,
    a_chunk_must_fit_its_place,
    it_is_whole_only_when_all_is_there,
    what_does_not_match_its_name_is_dropped,
    only_who_opened_it_may_put_and_commit,
    sizes_have_limits_and_must_agree,
    an_account_has_so_much,
    only_whole_ones_are_read_within_their_bounds,
    attachments_expire,
    an_empty_attachment_is_one_too,
);

const CHUNK: usize = CHUNK_MAX;

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from((at * 7 + at / 256) % 251).unwrap()).collect()
}

fn open(world: &mut World, actor: Actor, blob: BlobId, size: usize) -> BlobState {
    reply!(BlobState, world.reply(actor, BlobOpen { blob, size: size as u64 }))
}

fn chunk(blob: BlobId, content: &[u8], index: usize) -> BlobPut {
    let data = content[index * CHUNK..].iter().copied().take(CHUNK).collect::<Vec<u8>>();
    BlobPut { blob, offset: (index * CHUNK) as u64, data: Octets::new(data).unwrap() }
}

fn upload(world: &mut World, actor: Actor, content: &[u8]) -> BlobId {
    let blob = BlobId::new(hashed(content));
    open(world, actor, blob, content.len());
    for index in 0..content.len().div_ceil(CHUNK) {
        world.reply(actor, chunk(blob, content, index));
    }
    assert!(reply!(BlobState, world.reply(actor, BlobCommit { blob })).complete);
    blob
}

fn get(world: &mut World, actor: Actor, blob: BlobId, offset: usize, length: usize) -> Vec<u8> {
    let request = BlobGet { blob, offset: offset as u64, length: u32::try_from(length).unwrap() };
    match world.reply(actor, request) {
        Response::Piece(piece) => piece.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn an_attachment_comes_in_any_order_and_is_read_in_any_piece(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let content = content(2 * CHUNK + 100);
    let blob = BlobId::new(hashed(&content));
    open(&mut world, anna, blob, content.len());
    for index in [2, 0, 0, 1] {
        world.reply(anna, chunk(blob, &content, index));
    }
    world.reply(anna, BlobCommit { blob });
    world.reopen();
    for (offset, length) in
        [(0, CHUNK), (CHUNK - 10, 20), (CHUNK, CHUNK), (2 * CHUNK + 50, CHUNK), (1, CHUNK)]
    {
        let expected = &content[offset..content.len().min(offset + length)];
        assert_eq!(get(&mut world, bert, blob, offset, length), expected);
    }
    assert_eq!(world.counts().blobs, 1);
}

fn how_far_it_has_come_is_told(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let content = content(4 * CHUNK + 1);
    let blob = BlobId::new(hashed(&content));
    let first = open(&mut world, anna, blob, content.len());
    assert_eq!((first.have.len(), first.complete, first.expires_ms), (0, false, world.now_ms + 14 * DAY_MS));
    for index in [0, 1, 4] {
        world.reply(anna, chunk(blob, &content, index));
    }
    world.now_ms += 1;
    let again = open(&mut world, anna, blob, content.len());
    let range = |from: usize, to: usize| Range { from: from as u64, to: to as u64 };
    assert_eq!(&again.have[..], &[range(0, 2 * CHUNK), range(4 * CHUNK, content.len())][..]);
    assert_eq!(again.expires_ms, first.expires_ms, "asking how far it is makes it live no longer");
}

fn a_chunk_must_fit_its_place(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let content = content(CHUNK + 100);
    let blob = BlobId::new(hashed(&content));
    open(&mut world, anna, blob, content.len());
    let put = |offset: usize, length: usize| BlobPut {
        blob,
        offset: offset as u64,
        data: Octets::new(vec![0; length]).unwrap(),
    };
    for (offset, length) in [(0, CHUNK - 1), (CHUNK, CHUNK), (CHUNK, 99), (2 * CHUNK, 1), (100, CHUNK)] {
        assert_eq!(world.reason(anna, put(offset, length)), Reason::BlobRange);
    }
    assert_eq!(world.reason(anna, BlobPut { offset: u64::MAX, ..put(0, 1) }), Reason::BlobRange);
    world.reply(anna, put(CHUNK, 100));
}

fn it_is_whole_only_when_all_is_there(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let content = content(3 * CHUNK);
    let blob = BlobId::new(hashed(&content));
    open(&mut world, anna, blob, content.len());
    for (index, missing) in [(2, 0), (0, CHUNK)] {
        world.reply(anna, chunk(blob, &content, index));
        let refusal = world.refusal(anna, BlobCommit { blob });
        assert_eq!(
            (refusal.reason, &refusal.detail["offset"]),
            (Reason::BlobIncomplete, &missing.to_string())
        );
    }
    world.reply(anna, chunk(blob, &content, 1));
    for _ in 0..2 {
        let state = reply!(BlobState, world.reply(anna, BlobCommit { blob }));
        assert_eq!((state.complete, state.have.len()), (true, 1));
    }
    world.reply(anna, chunk(blob, &content, 1));
}

fn what_does_not_match_its_name_is_dropped(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let content = content(100);
    let blob = BlobId::new(hashed(&content));
    open(&mut world, anna, blob, 100);
    let wrong = BlobPut { data: Octets::new(vec![0; 100]).unwrap(), ..chunk(blob, &content, 0) };
    world.reply(anna, wrong);
    assert_eq!(world.reason(anna, BlobCommit { blob }), Reason::BlobHash);
    assert_eq!(open(&mut world, anna, blob, 100).have.len(), 0);
    world.reply(anna, chunk(blob, &content, 0));
    world.reply(anna, BlobCommit { blob });
}

fn only_who_opened_it_may_put_and_commit(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let content = content(10);
    let blob = BlobId::new(hashed(&content));
    assert_eq!(world.reason(anna, BlobCommit { blob }), Reason::BlobUnknown);
    open(&mut world, anna, blob, 10);
    assert_eq!(world.reason(bert, chunk(blob, &content, 0)), Reason::BlobUnknown);
    assert_eq!(world.reason(bert, BlobCommit { blob }), Reason::BlobUnknown);
    open(&mut world, bert, blob, 10);
    world.reply(bert, chunk(blob, &content, 0));
    world.reply(anna, BlobCommit { blob });
}

fn sizes_have_limits_and_must_agree(new: New) {
    let mut world = new.limited(|limits| limits.blob_bytes = 1000);
    let anna = world.person("anna");
    let blob = BlobId::new([1; 32]);
    let refusal = world.refusal(anna, BlobOpen { blob, size: 1001 });
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::BlobTooLarge, "1000"));
    open(&mut world, anna, blob, 1000);
    assert_eq!(world.reason(anna, BlobOpen { blob, size: 999 }), Reason::BlobSize);
}

fn an_account_has_so_much(new: New) {
    let mut world = new.limited(|limits| limits.account_blob_bytes = 100);
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    open(&mut world, anna, BlobId::new([1; 32]), 60);
    let other = BlobOpen { blob: BlobId::new([2; 32]), size: 41 };
    assert_eq!(world.reason(anna, other.clone()), Reason::QuotaBlobs);
    world.reply(bert, other);
    open(&mut world, anna, BlobId::new([1; 32]), 60);
    assert_eq!(
        world.reason(anna, BlobOpen { blob: BlobId::new([2; 32]), size: 41 }),
        Reason::QuotaBlobs,
        "owning another's counts too"
    );
    open(&mut world, anna, BlobId::new([3; 32]), 40);
}

fn only_whole_ones_are_read_within_their_bounds(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let unfinished = BlobId::new([1; 32]);
    open(&mut world, anna, unfinished, 10);
    let read = |blob, offset, length| BlobGet { blob, offset, length };
    assert_eq!(world.reason(anna, read(unfinished, 0, 1)), Reason::BlobUnknown);
    assert_eq!(world.reason(anna, read(BlobId::new([2; 32]), 0, 1)), Reason::BlobUnknown);
    let blob = upload(&mut world, anna, &content(10));
    for (offset, length) in [(10, 1), (0, 0), (0, CHUNK as u32 + 1), (u64::MAX, 1)] {
        assert_eq!(world.reason(anna, read(blob, offset, length)), Reason::BlobRange);
    }
    assert_eq!(get(&mut world, anna, blob, 9, 100).len(), 1);
}

fn attachments_expire(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let blob = upload(&mut world, anna, &content(10));
    world.now_ms += 7 * DAY_MS;
    open(&mut world, bert, blob, 10);
    let sweep = |world: &mut World| {
        let now_ms = world.now_ms;
        world.sweep(Sweep { entries_before_ms: 0, now_ms, at_most: 100 });
        world.counts().blobs
    };
    world.now_ms += 14 * DAY_MS - 1;
    assert_eq!(sweep(&mut world), 1, "who opened it later keeps it longer");
    world.now_ms += 1;
    assert_eq!(sweep(&mut world), 0);
    assert_eq!(world.reason(anna, BlobGet { blob, offset: 0, length: 1 }), Reason::BlobUnknown);
    upload(&mut world, anna, &content(10));
}

fn an_empty_attachment_is_one_too(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let blob = upload(&mut world, anna, &[]);
    assert_eq!(world.reason(anna, BlobGet { blob, offset: 0, length: 1 }), Reason::BlobRange);
}
