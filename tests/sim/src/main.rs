//! Runs many worlds, and says how to see a broken one again.
use anyhow::bail;
use clap::Parser;
use sotto_sim::{Counted, Options, Sabotage, StoreKind, run};

/// Lets simulated worlds go their way and looks for broken promises.
#[derive(Debug, Parser)]
struct Args {
    /// How many worlds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How much happens in each.
    #[arg(long, default_value_t = 300)]
    steps: u64,
    /// Which store remembers.
    #[arg(long, value_enum, default_value_t)]
    store: StoreKind,
    /// Goes on after a failure, and counts.
    #[arg(long)]
    keep_going: bool,
}

#[expect(clippy::print_stdout, reason = "this program's purpose is to say what it found")]
fn main() -> anyhow::Result<()> {
    let Args { seeds, from, steps, store, keep_going } = Args::parse();
    let (mut counted, mut failed) = (Counted::default(), 0_u64);
    for seed in from..from + seeds {
        match run(&Options { seed, steps, store, sabotage: Sabotage::None }) {
            Ok(more) => counted.add(&more),
            Err(failure) if keep_going => {
                failed += 1;
                println!("seed {}, act {}: {}", failure.seed, failure.step, failure.why);
            }
            Err(failure) => {
                println!("{failure}");
                bail!("seed {seed} broke a promise");
            }
        }
    }
    println!("{seeds} worlds from seed {from}, {steps} acts each, store {store}: {failed} failed\n{counted}");
    if failed > 0 { bail!("{failed} worlds broke a promise") } else { Ok(()) }
}
