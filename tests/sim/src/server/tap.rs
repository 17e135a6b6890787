//! A tap on one session's way out: every frame is judged against the reference before it leaves.
use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use daemon_core::{
    policy::Policy,
    session::{Effect, Input, Ticket},
    store::{Actor, Answer, LogState},
};
use sotto_protocol::{
    Deliver, Frame, FrameKind, FrameType, Gap, LogId, Marks, Presence, PresenceStatus, Response, ServerPush,
    decode_frame,
};

use crate::model::{EntryNote, Held, Model};

/// How long after a commit a session may not yet have heard of it: what waits to be published and to be read.
pub(crate) const LAG_MS: u64 = 700;

/// What one session has said so far.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    actor: Option<Actor>,
    /// How far each log was delivered.
    sent: BTreeMap<LogId, u64>,
    unacknowledged: VecDeque<(LogId, u64, u64)>,
    waiting: usize,
    page_waits: bool,
    /// When the device was seen to be out for the first time.
    out_since_ms: Option<u64>,
    pub(crate) deliveries: u64,
    pub(crate) gaps: u64,
}

impl Tap {
    /// Nothing waits for this session or its client.
    pub(crate) fn is_idle(&self) -> bool {
        self.unacknowledged.is_empty() && self.waiting == 0 && !self.page_waits
    }

    /// What the session is told.
    pub(crate) fn told(&mut self, input: &Input) {
        match input {
            Input::Answer(Ticket::PAGE, _) => self.page_waits = false,
            Input::Answer(_, answer) => {
                self.waiting = self.waiting.saturating_sub(1);
                if let (Ok(Answer::SignedIn(resume)), None) = (answer, self.actor) {
                    self.actor = Some(resume.actor);
                    self.sent =
                        resume.logs.iter().map(|LogState { log, cursor, .. }| (*log, *cursor)).collect();
                }
            }
            Input::Presences(..) => self.waiting = self.waiting.saturating_sub(1),
            Input::Joined { log, head } => {
                self.sent.entry(*log).or_insert(*head);
            }
            Input::Left { log } => {
                self.sent.remove(log);
                self.unacknowledged.retain(|(sent, ..)| sent != log);
            }
            _ => {}
        }
    }

    /// What the session wishes.
    pub(crate) fn wished(&mut self, policy: &Policy, effect: &Effect) -> Held {
        match effect {
            Effect::Query(Ticket::PAGE, _) if self.page_waits => return Err("two pages at a time".into()),
            Effect::Query(Ticket::PAGE, _) => self.page_waits = true,
            Effect::Write(..)
            | Effect::Query(..)
            | Effect::TryPassword(..)
            | Effect::Route(daemon_core::session::Route::GetPresence(..)) => self.waiting += 1,
            Effect::Lazy(daemon_core::store::Lazy::Advance { log, upto, .. }) => {
                self.unacknowledged.retain(|(sent, sequence, _)| sent != log || sequence > upto);
            }
            Effect::Lazy(_) | Effect::Route(_) | Effect::Offence(_) | Effect::SignedIn | Effect::Close => {}
        }
        match self.waiting > policy.requests_in_flight as usize {
            true => Err(format!("{} requests wait for an answer", self.waiting)),
            false => Ok(()),
        }
    }

    /// What the session says.
    pub(crate) fn said(&mut self, now_ms: u64, policy: &Policy, model: &Model, out: &[u8]) -> Held {
        let mut buffer = BytesMut::from(out);
        while let Some(frame) = decode_frame(&mut buffer, u32::MAX).map_err(|fault| format!("{fault:?}"))? {
            self.frame(now_ms, policy, model, frame)?;
        }
        match buffer.is_empty() {
            true => Ok(()),
            false => Err("half a frame was sent".into()),
        }
    }

    fn frame(&mut self, now_ms: u64, policy: &Policy, model: &Model, frame: Frame) -> Held {
        let kind = FrameType::from_number(frame.header.type_number);
        if kind == Some(FrameType::Bye) {
            return Ok(());
        }
        self.is_still_in(now_ms, model)?;
        let Some(kind) = kind else { return Ok(()) };
        let bytes = frame.payload.len() as u64;
        match frame.header.kind {
            FrameKind::Push => {
                let push = ServerPush::decode(kind, frame.payload).map_err(|fault| format!("{fault:?}"))?;
                match push {
                    Some(ServerPush::Deliver(deliver)) => self.deliver(policy, model, &deliver, bytes),
                    Some(ServerPush::Gap(gap)) => self.gap(model, &gap),
                    Some(ServerPush::Presence(presence)) => self.presence(now_ms, model, &presence),
                    Some(ServerPush::Marks(marks)) => self.marks(model, &marks),
                    Some(ServerPush::Typing(_) | ServerPush::Bye(_)) | None => Ok(()),
                }
            }
            FrameKind::Response => {
                let response = Response::decode(kind, frame.payload).map_err(|fault| format!("{fault:?}"))?;
                match response {
                    Some(Response::Presences(presences)) => presences
                        .presences
                        .iter()
                        .try_for_each(|presence| self.presence(now_ms, model, presence)),
                    _ => Ok(()),
                }
            }
            FrameKind::Refusal => Ok(()),
            FrameKind::Request => Err("the server asked something".into()),
        }
    }

    /// After a device is out, its session says nothing more than goodbye, as soon as it can know.
    fn is_still_in(&mut self, now_ms: u64, model: &Model) -> Held {
        let Some(actor) = self.actor else { return Ok(()) };
        if model.may_sign_in(actor) {
            self.out_since_ms = None;
            return Ok(());
        }
        let since_ms = *self.out_since_ms.get_or_insert(now_ms);
        match now_ms > since_ms + LAG_MS {
            true => Err(format!("{} is out, and its session goes on talking", actor.device)),
            false => Ok(()),
        }
    }

    fn deliver(&mut self, policy: &Policy, model: &Model, deliver: &Deliver, bytes: u64) -> Held {
        let Some(actor) = self.actor else { return Err("a stranger was delivered to".into()) };
        let (log, sequence, device) = (deliver.log, deliver.sequence, actor.device);
        let place = format!("{sequence} of {log} to {device}");
        let Some(known) = model.logs.get(&log) else {
            return match model.dropped.contains(&log) || DeviceGone(log).is_gone(model) {
                true => Ok(()),
                false => Err(format!("{place}: there is no such log")),
            };
        };
        if !known.may_see(device, sequence) {
            return Err(format!("{place}: this device may not see it"));
        }
        if known.entry(sequence).is_some_and(|entry| *entry != EntryNote::from(deliver)) {
            return Err(format!("{place}: not what was accepted"));
        }
        if deliver.device == device {
            return Err(format!("{place}: it wrote that itself"));
        }
        let Some(sent) = self.sent.get_mut(&log) else {
            return Err(format!("{place}: this session does not read that log"));
        };
        if sequence <= *sent {
            return Err(format!("{place}: it came after {sent}"));
        }
        if !known.is_own(device, *sent + 1, sequence - 1) {
            return Err(format!("{place}: what lies between it and {sent} was left out"));
        }
        *sent = sequence;
        self.unacknowledged.push_back((log, sequence, bytes));
        self.deliveries += 1;
        let under_way: u64 = self.unacknowledged.iter().map(|(.., bytes)| bytes).sum();
        let limit = u64::from(policy.bytes_unacknowledged) + u64::from(policy.frame_max);
        if self.unacknowledged.len() > policy.envelopes_unacknowledged as usize || under_way > limit {
            return Err(format!("{place}: {} envelopes are under way", self.unacknowledged.len()));
        }
        Ok(())
    }

    fn gap(&mut self, model: &Model, gap: &Gap) -> Held {
        let Some(actor) = self.actor else { return Err("a stranger heard of a gap".into()) };
        let place = format!("gap {}-{} of {} to {}", gap.from, gap.to, gap.log, actor.device);
        let Some(known) = model.logs.get(&gap.log) else { return Ok(()) };
        let Some(sent) = self.sent.get_mut(&gap.log) else {
            return Err(format!("{place}: this session does not read that log"));
        };
        if gap.from > gap.to || gap.from <= *sent || gap.to > known.head() {
            return Err(format!("{place}: it came after {sent}, the log ends at {}", known.head()));
        }
        if !known.is_own(actor.device, *sent + 1, gap.from - 1) {
            return Err(format!("{place}: what lies between it and {sent} was left out"));
        }
        let why = (gap.from..=gap.to).filter_map(|sequence| known.entry(sequence)).all(|entry| {
            entry.at_ms < model.expired_before_ms || gap.why == sotto_protocol::GapReason::Evicted
        });
        if !why {
            return Err(format!("{place}: nothing of it was old enough to go"));
        }
        *sent = gap.to;
        self.gaps += 1;
        Ok(())
    }

    /// Only contacts see anything of somebody; what others may hear is that there is nothing to see.
    fn presence(&self, now_ms: u64, model: &Model, presence: &Presence) -> Held {
        let Some(actor) = self.actor else { return Err("a stranger heard of somebody's presence".into()) };
        let says_nothing = presence.status == PresenceStatus::Offline
            && presence.last_seen_ms == 0
            && presence.devices.is_empty();
        let since_ms = now_ms.saturating_sub(LAG_MS);
        match says_nothing || model.were_friends(actor.account, presence.account, since_ms) {
            true => Ok(()),
            false => Err(format!("{} hears how {} is, who is no contact", actor.account, presence.account)),
        }
    }

    fn marks(&self, model: &Model, marks: &Marks) -> Held {
        let Some(actor) = self.actor else { return Err("a stranger heard of marks".into()) };
        let Some(log) = model.logs.get(&marks.room.into()) else { return Ok(()) };
        match marks.delivered.max(marks.read) > log.head() {
            true => Err(format!("{} hears of marks beyond the end of {}", actor.account, marks.room)),
            false => Ok(()),
        }
    }
}

/// An inbox whose device is gone is a log no more.
struct DeviceGone(LogId);

impl DeviceGone {
    fn is_gone(&self, model: &Model) -> bool {
        let device = sotto_protocol::DeviceId::new(*self.0.as_bytes());
        model.devices.contains_key(&device)
    }
}
