//! A device as SPEC.md's client table has it: an outbox, a cursor for each log, what it has already it drops, and it
//! acknowledges what its own database holds.

mod link;
mod vault;

use std::net::SocketAddr;

use bytes::Bytes;
use sotto_protocol::{
    Ack, Auth, ClientPush, Deliver, EnvelopeId, Gap, Hello, Listed, LogId, Pin, Request, Response,
    ServerPush, Tag,
};

pub(crate) use self::vault::{Draft, Vault};
use self::{
    link::{Asked, Link},
    vault::Pending,
};
use crate::{
    model::{EntryNote, Held},
    nature::{Event, Line, Nature},
    person::DeviceKeys,
};

/// Envelopes that are stored at once at the latest.
const SAVE_EVERY: usize = 16;

/// A device and the program on it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) keys: DeviceKeys,
    pub(crate) vault: Vault,
    /// Its owner wants it to be connected.
    pub(crate) wants: bool,
    /// The server said that it may not sign in.
    pub(crate) is_locked: bool,
    /// How long its database takes.
    pub(crate) slow_ms: u64,
    link: Option<Link>,
    pending: Vec<Pending>,
    /// Logs to acknowledge with the next commit.
    touched: Vec<LogId>,
    save_planned: bool,
    again_planned: bool,
}

impl Client {
    pub(crate) fn new(number: usize, keys: DeviceKeys, slow_ms: u64) -> Self {
        Self {
            number,
            keys,
            vault: Vault::default(),
            wants: true,
            is_locked: false,
            slow_ms,
            link: None,
            pending: Vec::new(),
            touched: Vec::new(),
            save_planned: false,
            again_planned: false,
        }
    }

    /// Where it comes from: every device has an address of its own.
    pub(crate) fn source(&self) -> SocketAddr {
        let [.., high, low] = self.number.to_be_bytes();
        ([10, 7, high, low], 4711).into()
    }

    pub(crate) fn line(&self) -> Option<Line> {
        self.link.as_ref().map(|link| link.line)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.signed_in)
    }

    /// What keeps it from rest, in words.
    pub(crate) fn described(&self) -> String {
        let Self { is_locked, link, pending, touched, vault, .. } = self;
        let link = link.as_ref().map(|link| (link.line, link.signed_in, &link.waiting));
        let drafts = (vault.drafts.len(), vault.drafts.first());
        let device = self.keys.device;
        format!(
            "{device}: locked {is_locked}, link {link:?}, pending {pending:?}, touched {touched:?}, {drafts:?}"
        )
    }

    /// Nothing is under way from here.
    pub(crate) fn is_idle(&self) -> bool {
        let answered = self.link.as_ref().is_none_or(|link| link.waiting.is_empty());
        answered && self.pending.is_empty() && self.touched.is_empty() && self.vault.drafts.is_empty()
    }

    /// A new connection: HELLO and AUTH at once, sometimes with what waits behind them.
    pub(crate) fn greet(&mut self, nature: &mut Nature, pin: Pin, line: Line) -> Held {
        let Some(exporter) = nature.exporter(line) else { return Ok(()) };
        let tag = |text| Tag::new(text).map_err(|wrong| wrong.to_string());
        let cursors = self.vault.cursors.clone();
        let mut link = Link::new(line, cursors);
        let hello = Hello {
            min_minor: 0,
            max_minor: 3,
            features: Listed::default(),
            client: tag("sim/1")?,
            language: tag("")?,
        };
        link.ask(hello.into(), Asked::Hello);
        let shows = !nature.chance.one_in(5);
        let auth = Auth {
            account: self.keys.account,
            device: self.keys.device,
            signature: Some(self.keys.proof(&exporter, pin)),
            token: self.vault.token.filter(|_| shows),
        };
        link.ask(auth.into(), Asked::Auth);
        self.overlay(&mut link);
        self.link = Some(link);
        if nature.chance.one_in(3) {
            self.send_drafts();
        }
        nature.plan(20_000, Event::Ping(self.number, line));
        self.flush(nature);
        Ok(())
    }

    /// What is read but not yet stored counts for this process.
    fn overlay(&self, link: &mut Link) {
        for pending in &self.pending {
            match pending {
                Pending::Entry(log, upto, _) | Pending::Gap(log, _, upto) => link.pass(*log, *upto),
                Pending::Own(log, sequence, _) => link.wrote(*log, *sequence),
            }
        }
        for (log, own) in &self.vault.own {
            own.iter().for_each(|sequence| link.wrote(*log, *sequence));
        }
    }

    /// A write that shall arrive once: kept before it is sent.
    pub(crate) fn draft(&mut self, nature: &mut Nature, envelope: EnvelopeId, request: Request) {
        self.vault.drafts.push(Draft { envelope, request });
        if self.is_up() {
            self.send_drafts();
            self.flush(nature);
        }
    }

    /// A request that is not repeated.
    pub(crate) fn ask(&mut self, nature: &mut Nature, request: impl Into<Request>) {
        if let Some(link) = self.link.as_mut().filter(|link| link.signed_in) {
            link.ask(request.into(), Asked::Other);
        }
        self.flush(nature);
    }

    pub(crate) fn push(&mut self, nature: &mut Nature, push: ClientPush) {
        if let Some(link) = self.link.as_mut().filter(|link| link.signed_in) {
            link.push(push);
        }
        self.flush(nature);
    }

    /// Bytes that nobody should send.
    pub(crate) fn babble(&mut self, nature: &mut Nature, bytes: &[u8]) {
        if let Some(link) = &mut self.link {
            link.out.extend_from_slice(bytes);
        }
        self.flush(nature);
    }

    pub(crate) fn hear(&mut self, nature: &mut Nature, line: Line, bytes: &Bytes) -> Held {
        if self.line() != Some(line) {
            return Ok(());
        }
        if let Some(link) = &mut self.link {
            link.take_in(bytes);
        }
        while let Some(heard) = self.link.as_mut().map_or(Ok(None), Link::next)? {
            self.heard(nature, heard)?;
        }
        self.flush(nature);
        Ok(())
    }

    fn heard(&mut self, nature: &mut Nature, heard: link::Heard) -> Held {
        match heard {
            link::Heard::Nothing => Ok(()),
            link::Heard::Push(ServerPush::Deliver(deliver)) => {
                self.delivered(nature, &deliver);
                Ok(())
            }
            link::Heard::Push(ServerPush::Gap(gap)) => {
                self.missed(nature, &gap);
                Ok(())
            }
            link::Heard::Push(_) => Ok(()),
            link::Heard::Answer(asked, response) => self.answered(nature, asked, *response),
            link::Heard::Refusal(asked, refusal) => {
                self.refused(nature, asked, &refusal);
                Ok(())
            }
        }
    }

    fn delivered(&mut self, nature: &mut Nature, deliver: &Deliver) {
        let Some(link) = &mut self.link else { return };
        if link.cursor(deliver.log) < deliver.sequence {
            link.pass(deliver.log, deliver.sequence);
            self.pending.push(Pending::Entry(deliver.log, deliver.sequence, EntryNote::from(deliver)));
        }
        self.touch(nature, deliver.log);
    }

    fn missed(&mut self, nature: &mut Nature, gap: &Gap) {
        let Some(link) = &mut self.link else { return };
        if link.cursor(gap.log) < gap.to {
            let from = gap.from.max(link.cursor(gap.log) + 1);
            link.pass(gap.log, gap.to);
            self.pending.push(Pending::Gap(gap.log, from, gap.to));
        }
        self.touch(nature, gap.log);
    }

    fn answered(&mut self, nature: &mut Nature, asked: Asked, response: Response) -> Held {
        match (asked, response) {
            (Asked::Auth, Response::SignedIn(signed_in)) => {
                if let Some(token) = signed_in.token {
                    self.vault.token = Some(token.token);
                }
                if let Some(link) = &mut self.link {
                    link.signed_in = true;
                }
                self.send_drafts();
                Ok(())
            }
            (Asked::Draft(envelope), Response::Accepted(accepted)) => {
                self.wrote(nature, envelope, accepted.log, accepted.sequence);
                Ok(())
            }
            (Asked::Draft(envelope), Response::RoomCreated(created)) => {
                if created.existed {
                    self.vault.drafts.retain(|draft| draft.envelope != envelope);
                } else {
                    self.wrote(nature, envelope, created.room.into(), created.sequence);
                }
                self.send_drafts();
                Ok(())
            }
            (Asked::Hello, Response::Welcome(welcome)) => {
                if let Some(link) = &mut self.link {
                    link.in_flight_max = welcome.limits.requests_in_flight as usize;
                }
                Ok(())
            }
            (Asked::Other, _) => {
                self.send_drafts();
                Ok(())
            }
            (asked, response) => Err(format!("{asked:?} was answered with {response:?}")),
        }
    }

    fn wrote(&mut self, nature: &mut Nature, envelope: EnvelopeId, log: LogId, sequence: u64) {
        if let Some(link) = &mut self.link {
            link.wrote(log, sequence);
        }
        self.pending.push(Pending::Own(log, sequence, envelope));
        self.touch(nature, log);
        self.send_drafts();
    }

    fn refused(&mut self, nature: &mut Nature, asked: Asked, refusal: &sotto_protocol::Refusal) {
        let is_about_sign_in = refusal.reason.starts_with("auth.");
        match asked {
            Asked::Auth if is_about_sign_in => {
                nature.tell(|| format!("{} may not sign in: {}", self.keys.device, refusal.reason));
                self.is_locked = true;
                self.hang_up(nature);
            }
            Asked::Draft(envelope) if !refusal.retryable && !is_about_sign_in => {
                self.vault.drafts.retain(|draft| draft.envelope != envelope);
                self.send_drafts();
            }
            Asked::Draft(_) => self.plan_again(nature),
            Asked::Auth => self.hang_up(nature),
            Asked::Other => self.send_drafts(),
            Asked::Hello => {}
        }
    }

    fn plan_again(&mut self, nature: &mut Nature) {
        if !std::mem::replace(&mut self.again_planned, true) {
            nature.soon(800, Event::Again(self.number));
        }
    }

    /// Sends again what was refused for now.
    pub(crate) fn again(&mut self, nature: &mut Nature) {
        self.again_planned = false;
        if self.is_up() {
            self.send_drafts();
            self.flush(nature);
        }
    }

    /// Sends drafts that are not under way, as many as may wait for an answer.
    fn send_drafts(&mut self) {
        let Some(link) = &mut self.link else { return };
        let answered = |draft: &&Draft| {
            let waits =
                |pending: &Pending| matches!(pending, Pending::Own(_, _, id) if *id == draft.envelope);
            !self.pending.iter().any(waits)
        };
        for draft in self.vault.drafts.iter().filter(answered) {
            if link.waiting.len() >= link.in_flight_max {
                break;
            }
            if !link.asks_for(draft.envelope) {
                link.ask(draft.request.clone(), Asked::Draft(draft.envelope));
            }
        }
    }

    fn touch(&mut self, nature: &mut Nature, log: LogId) {
        if !self.touched.contains(&log) {
            self.touched.push(log);
        }
        if self.pending.len() >= SAVE_EVERY {
            nature.plan(0, Event::Save(self.number));
        } else if !std::mem::replace(&mut self.save_planned, true) {
            let within_ms = if nature.calm { self.slow_ms.min(250) } else { self.slow_ms };
            nature.soon(within_ms, Event::Save(self.number));
        }
    }

    /// The device's own database commits, then the device acknowledges.
    pub(crate) fn save(&mut self, nature: &mut Nature) -> Held {
        self.save_planned = false;
        self.vault
            .store(std::mem::take(&mut self.pending))
            .map_err(|why| format!("{}: {why}", self.keys.device))?;
        for log in std::mem::take(&mut self.touched) {
            let Some(upto) = self.vault.cursors.get(&log).copied() else { continue };
            if let Some(link) = self.link.as_mut().filter(|link| link.signed_in) {
                link.push(ClientPush::Ack(Ack { log, upto }));
            }
        }
        self.flush(nature);
        Ok(())
    }

    fn flush(&mut self, nature: &mut Nature) {
        if let Some(link) = self.link.as_mut().filter(|link| !link.out.is_empty()) {
            let bytes = link.out.split().freeze();
            nature.send_to_server(link.line, bytes);
        }
    }

    /// Goes, politely.
    pub(crate) fn hang_up(&mut self, nature: &mut Nature) {
        self.flush(nature);
        if let Some(link) = self.link.take() {
            nature.end_for_server(link.line);
        }
    }

    /// The connection is no more.
    pub(crate) fn gone(&mut self, line: Line) -> bool {
        let is_mine = self.line() == Some(line);
        if is_mine {
            self.link = None;
        }
        is_mine
    }

    /// The program dies: what its database did not commit is lost.
    pub(crate) fn crash(&mut self) -> Option<Line> {
        self.pending.clear();
        self.touched.clear();
        self.link.take().map(|link| link.line)
    }
}
