//! A full disk: writing is refused with the reason, reading goes on, nothing accepted is lost, and it heals by itself.
use std::{fs, path::PathBuf, process::Command, time::Instant};

use sotto_kit::{Setup, World, message};
use sotto_protocol::Reason;

use crate::ear::{PATIENCE, next_text};

/// A file system of this size that is gone with this.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn mount(mib: usize) -> Option<Self> {
        let place = tempfile::Builder::new().prefix("sotto-disk-").tempdir().unwrap().keep();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "sotto-test"]).arg(&place);
        let mounted = mount.output().is_ok_and(|done| done.status.success());
        if !mounted {
            fs::remove_dir(&place).unwrap();
        }
        mounted.then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).output());
        drop(fs::remove_dir(&self.0));
    }
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_heals_without_a_restart() {
    let Some(disk) = SmallDisk::mount(32) else {
        eprintln!("NOT RUN: a full disk needs root, to mount a small one");
        return;
    };
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![0x5A; 16 * 1024 * 1024]).unwrap();
    let mut world = World::with(Setup { under: Some(disk.0.clone()), ..Setup::default() }).await.unwrap();
    let (anna, bo) = (world.person("anna").await.unwrap(), world.person("bo").await.unwrap());
    let room = world.talk(&anna, &bo).await.unwrap();
    let of_anna = anna.online().await.unwrap();

    let mut accepted = Vec::new();
    let waiting = loop {
        let text = format!("{} {}", accepted.len(), "x".repeat(60_000));
        let envelope = message(room, text.clone());
        match of_anna.link.ask(envelope.clone()).await {
            Ok(_) => accepted.push(text),
            Err(refused) => {
                assert_eq!(refused.reason(), Some(Reason::StoreFull), "{refused}");
                break (envelope, text);
            }
        }
        assert!(accepted.len() < 1000, "the disk never fills");
    };
    assert!(!accepted.is_empty());
    // Another try is another refusal, and no disaster.
    for _ in 0..20 {
        let refused = of_anna.link.ask(waiting.0.clone()).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::StoreFull), "{refused}");
    }
    // Reading goes on, on the full disk.
    let mut of_bo = bo.online().await.unwrap();
    for text in &accepted {
        assert_eq!(&next_text(&mut of_bo, room).await.unwrap(), text);
    }
    // Somebody makes room; nobody restarts anything.
    fs::remove_file(&ballast).unwrap();
    let began = Instant::now();
    while let Err(refused) = of_anna.link.ask(waiting.0.clone()).await {
        assert_eq!(refused.reason(), Some(Reason::StoreFull), "{refused}");
        assert!(began.elapsed() < PATIENCE, "it does not heal");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    eprintln!("disk: {} accepted before it was full, healed after {:?}", accepted.len(), began.elapsed());
    assert_eq!(next_text(&mut of_bo, room).await.unwrap(), waiting.1);
    // And nothing of it depends on luck: after a kill it is all still there.
    let sent = message(room, "after");
    of_anna.link.ask(sent.clone()).await.unwrap();
    world.daemon.kill().unwrap();
    world.daemon.revive().unwrap();
    assert!(anna.online().await.unwrap().link.ask(sent).await.unwrap().duplicate);
    drop(world);
}
