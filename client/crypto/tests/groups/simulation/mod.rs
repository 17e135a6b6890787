//! Rooms under loss: lost requests, lost replies, lost state, races, absence. What must hold: no fork, nothing opened
//! twice, nothing that a member could not read. `SOTTO_SIMULATED_GROUPS` says how many groups (50),
//! `SOTTO_SIMULATED_OPERATIONS` how long each lives (40), `SOTTO_SEED` where to begin.
mod client;
mod run;

use self::run::{Control, Figures, run};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn many(groups: u64, operations: u64, control: Control) -> Figures {
    let seed = number("SOTTO_SEED", 1);
    let mut sum = Figures::default();
    for group in 0..groups {
        let figures = run(seed + group, operations, control);
        if control == Control::None {
            assert!(figures.is_clean(), "seed {}: {figures:?}", seed + group);
        }
        sum += figures;
    }
    println!("{control:?}: {groups} groups: {sum:?}");
    sum
}

#[test]
fn rooms_converge_under_loss_and_nothing_is_unread() {
    let sum =
        many(number("SOTTO_SIMULATED_GROUPS", 50), number("SOTTO_SIMULATED_OPERATIONS", 40), Control::None);
    assert!(sum.messages > 0 && sum.stale > 0 && sum.lost > 0 && sum.state_losses > 0 && sum.rejoins > 0);
}

#[test]
fn without_past_epochs_words_are_lost() {
    let sum = many(4, 100, Control::NoPastEpochs);
    assert!(sum.unread > 0, "{sum:?}");
    assert_eq!(sum.forks, 0);
}

#[test]
fn in_force_before_it_is_accepted_means_a_fork() {
    let sum = many(4, 100, Control::MergeAtOnce);
    assert!(sum.forks > 0, "{sum:?}");
}
