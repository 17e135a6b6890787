//! The world itself: one thread, one queue of events, one seed.

mod acts;
mod checks;
mod people;
mod setting;

use crate::{
    client::Client,
    model::{Held, Model},
    nature::{Event, Line, Nature},
    person::Person,
    report::{Counted, Failure},
    sabotage::Sabotage,
    server::Server,
};

pub(crate) use setting::Setting;

/// How a world is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Everything follows from it.
    pub seed: u64,
    /// How many things people do.
    pub steps: u64,
    /// Which store remembers.
    pub store: crate::StoreKind,
    /// What is broken on purpose.
    pub sabotage: Sabotage,
}

pub(crate) struct World {
    pub(crate) nature: Nature,
    pub(crate) server: Server,
    pub(crate) model: Model,
    pub(crate) people: Vec<Person>,
    pub(crate) clients: Vec<Client>,
    step: u64,
    steps: u64,
    /// How long people wait between two things.
    pace_ms: u64,
    /// Acts between two quiet points.
    calm_every: u64,
}

/// Lets a world go its way, from its first day to its end.
///
/// # Errors
/// [`Failure`] when it breaks a promise.
pub fn run(options: &Options) -> Result<Counted, Box<Failure>> {
    attempt(options, false).map_err(|_| match attempt(options, true) {
        Err(failure) => failure,
        Ok(_) => Box::new(Failure {
            why: "it failed once and not again: the world is not deterministic".into(),
            seed: options.seed,
            step: 0,
            trace: Vec::new(),
            command: command(options),
        }),
    })
}

fn attempt(options: &Options, listens: bool) -> Result<Counted, Box<Failure>> {
    let failure = |why, step, trace| {
        Box::new(Failure { why, seed: options.seed, step, trace, command: command(options) })
    };
    let mut world = World::new(options, listens).map_err(|why| failure(why, 0, Vec::new()))?;
    match world.live() {
        Ok(()) => Ok(world.server.counted),
        Err(why) => Err(failure(why, world.step, world.nature.trace.into_lines())),
    }
}

fn command(options: &Options) -> String {
    let Options { seed, steps, store, .. } = options;
    format!("cargo run --release -p sotto-sim -- --seeds 1 --from {seed} --steps {steps} --store {store}")
}

impl World {
    fn new(options: &Options, listens: bool) -> Held<Self> {
        let mut nature = Nature::new(options.seed, listens);
        let setting = Setting::new(&mut nature.chance);
        let store = crate::stores::open(options.store, setting.limits, &mut nature.chance)?;
        let server = Server::new(store, setting.policy, options.sabotage)?;
        let mut world = Self {
            nature,
            server,
            model: Model::default(),
            people: Vec::new(),
            clients: Vec::new(),
            step: 0,
            steps: options.steps,
            pace_ms: setting.pace_ms,
            calm_every: setting.calm_every,
        };
        world.settle_people(setting.people)?;
        Ok(world)
    }

    fn live(&mut self) -> Held {
        self.calm_down()?;
        self.nature.calm = false;
        while self.step < self.steps {
            self.nature.soon(2 * self.pace_ms, Event::Act);
            while !self.one_event()? {}
            self.step += 1;
            if self.step.is_multiple_of(self.calm_every) {
                self.calm_down()?;
                self.nature.calm = false;
            }
        }
        self.calm_down()?;
        self.everybody_leaves()
    }

    /// Lets the next thing happen; says whether somebody acted.
    pub(crate) fn one_event(&mut self) -> Held<bool> {
        let Some(event) = self.nature.next() else { return Err("the world stands still".into()) };
        let Self { nature, server, model, .. } = self;
        match event {
            Event::Act => {
                if self.step < self.steps {
                    self.act()?;
                }
                return Ok(true);
            }
            Event::ToServer(line, bytes) => {
                if nature.is_up(line) {
                    server.hear(nature, model, line, &bytes)?;
                }
            }
            Event::ToClient(line, bytes) => {
                if nature.is_up(line)
                    && let Some(client) = self.clients.iter_mut().find(|client| client.line() == Some(line))
                {
                    client.hear(&mut self.nature, line, &bytes)?;
                }
            }
            Event::GoneAtServer(line) => {
                nature.forget(line);
                server.gone(nature, model, line)?;
            }
            Event::GoneAtClient(line) => self.gone_at_client(line),
            Event::Mail(line) => server.read_mail(nature, model, line)?,
            Event::Wake(line) => server.wake(nature, model, line)?,
            Event::Commit => server.commit(nature, model)?,
            Event::Publish => server.publish(nature),
            Event::Look(line, ticket, query) => server.look(nature, line, ticket, &query),
            Event::Found(line, ticket, answer) => server.found(nature, model, line, (ticket, *answer))?,
            Event::ServerStarts => {
                nature.tell(|| "the server starts".into());
                server.start(nature);
            }
            Event::Knock(number) => self.knock(number)?,
            Event::Save(number) => self.save(number)?,
            Event::Again(number) => {
                if let Some(client) = self.clients.get_mut(number) {
                    client.again(&mut self.nature);
                }
            }
            Event::Ping(number, line) => {
                if let Some(client) = self.clients.get_mut(number).filter(|c| c.line() == Some(line)) {
                    client.ask(&mut self.nature, sotto_protocol::Ping {});
                    self.nature.plan(20_000, Event::Ping(number, line));
                }
            }
        }
        Ok(false)
    }

    fn gone_at_client(&mut self, line: Line) {
        self.nature.forget(line);
        for client in &mut self.clients {
            if client.gone(line) {
                self.nature.soon(600, Event::Knock(client.number));
            }
        }
    }

    /// A device tries to connect, and tries again later if it cannot.
    fn knock(&mut self, number: usize) -> Held {
        let Some(client) = self.clients.get_mut(number) else { return Ok(()) };
        if !client.wants || client.is_locked || client.line().is_some() {
            return Ok(());
        }
        let (line, _) = self.nature.connect();
        if !self.server.accept(&mut self.nature, line, client.source()) {
            self.nature.forget(line);
            self.nature.soon(2_000, Event::Knock(number));
            return Ok(());
        }
        client.greet(&mut self.nature, self.server.pin, line)
    }

    fn save(&mut self, number: usize) -> Held {
        let Some(client) = self.clients.get_mut(number) else { return Ok(()) };
        client.save(&mut self.nature)?;
        for (log, upto) in &client.vault.cursors {
            self.model.stored(client.keys.device, *log, *upto);
        }
        Ok(())
    }
}
