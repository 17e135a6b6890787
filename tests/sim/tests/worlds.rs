//! Many worlds, and two that are broken on purpose: a world that cannot fail proves nothing.
use sotto_sim::{Counted, Failure, Options, Sabotage, StoreKind, run};

/// Acts in each world.
const STEPS: u64 = 200;

fn world(seed: u64) -> Options {
    Options { seed, steps: STEPS, store: StoreKind::Memory, sabotage: Sabotage::None }
}

/// Two threads: the machines that run this have two cores.
fn run_all(seeds: std::ops::Range<u64>) -> Result<Counted, Box<Failure>> {
    let middle = seeds.start.midpoint(seeds.end);
    let half = |mut seeds: std::ops::Range<u64>| {
        seeds.try_fold(Counted::default(), |mut counted, seed| {
            counted.add(&run(&world(seed))?);
            Ok::<_, Box<Failure>>(counted)
        })
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(middle..seeds.end));
        let mut counted = half(seeds.start..middle)?;
        let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        counted.add(&other?);
        Ok(counted)
    })
}

#[test]
fn five_hundred_worlds_keep_every_promise_and_much_happens_in_them() {
    let counted = run_all(1..501).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{counted}");
    assert!(counted.deliveries > 100_000 && counted.gaps > 50 && counted.crashes > 500, "{counted}");
    for name in ["Append", "RoomCreate", "RoomChange", "RoomLeave", "DeviceRevoke", "AccountDelete", "Sweep"]
    {
        assert!(counted.allowed.get(name).is_some_and(|count| *count > 20), "hardly any {name}");
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    let told = |seed| run(&world(seed)).map(|counted| counted.to_string()).unwrap();
    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}

#[test]
fn some_worlds_live_on_the_disk() {
    for seed in 1..13 {
        let on_disk = Options { store: StoreKind::Sqlite, ..world(seed) };
        if let Err(failure) = run(&on_disk) {
            panic!("{failure}");
        }
    }
}

/// The failures of some worlds with this in them.
fn caught(worlds: u64, sabotage: impl Fn(u64) -> Sabotage) -> Vec<Failure> {
    let broken = (1..=worlds).map(|seed| Options { sabotage: sabotage(seed), ..world(seed) });
    broken.filter_map(|options| run(&options).err()).map(|failure| *failure).collect()
}

#[test]
fn a_router_that_forgets_one_bell_is_caught() {
    let failures = caught(60, |seed| Sabotage::SwallowBell(40 + 11 * seed));
    // A bell that is followed by another one is not missed: one for many is enough.
    assert!(failures.len() >= 3, "{} of 60 worlds noticed", failures.len());
    assert!(failures.iter().all(|failure| failure.why.contains("never came")), "{failures:?}");
}

#[test]
fn a_store_that_forgets_one_accepted_write_is_caught() {
    // In a few worlds nobody writes so much, or what is to be forgotten was refused.
    let failures = caught(20, |seed| Sabotage::ForgetAppend(20 + seed));
    assert!(failures.len() >= 15, "{} of 20 worlds noticed", failures.len());
}

#[test]
fn a_failure_says_what_happened_and_how_to_see_it_again() {
    let failures = caught(3, Sabotage::ForgetAppend);
    let failure = failures.first().expect("a world that failed");
    assert!(failure.trace.len() > 10);
    assert!(failure.command.contains(&format!("--from {}", failure.seed)), "{}", failure.command);
}
