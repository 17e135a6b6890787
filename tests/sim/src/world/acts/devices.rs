//! Devices come, go, break and come back; so does the server, and so do clocks.
use daemon_core::store::{AdminChange, Change};
use sotto_protocol::{AccountDelete, DeviceId, DeviceRevoke, FrameKind, Header, Ping, SignOut, encode_frame};

use crate::{
    model::{Held, Standing},
    nature::Event,
    world::{World, setting},
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const TEN_YEARS_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;

impl World {
    pub(super) fn sign_out(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        self.ask(number, SignOut {});
        Ok(())
    }

    /// Who signed out comes back by password.
    pub(super) fn come_back(&mut self) -> Held {
        let out: Vec<usize> = self
            .clients
            .iter()
            .filter(|client| {
                let device = self.model.devices.get(&client.keys.device);
                device.is_some_and(|device| device.standing == Standing::SignedOut)
            })
            .map(|client| client.number)
            .collect();
        match self.nature.chance.pick(&out).copied() {
            Some(number) => self.enrol_again(number),
            None => Ok(()),
        }
    }

    /// One of the account's devices goes; at times somebody else's is asked for.
    pub(super) fn revoke(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let (account, any) = (self.account(number), self.nature.chance.one_in(3));
        let devices: Vec<DeviceId> = self
            .clients
            .iter()
            .filter(|client| any || client.keys.account == account)
            .map(|client| client.keys.device)
            .collect();
        if let Some(device) = self.nature.chance.pick(&devices).copied() {
            self.ask(number, DeviceRevoke { device });
        }
        Ok(())
    }

    pub(super) fn add_device(&mut self) -> Held {
        let person = self.nature.chance.index(self.people.len());
        self.new_device(person)
    }

    pub(super) fn add_person(&mut self) -> Held {
        if self.people.len() < 9 { self.new_person().map(|_| ()) } else { Ok(()) }
    }

    pub(super) fn delete_account(&mut self) -> Held {
        let Some((number, other)) = self.two() else { return Ok(()) };
        let account = if self.nature.chance.one_in(3) { other } else { self.account(number) };
        let person = self.people.iter().find(|person| person.account == account);
        if let Some(user_name) = person.map(|person| person.name.clone()) {
            self.ask(number, AccountDelete { user_name });
        }
        Ok(())
    }

    pub(super) fn disconnect(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        if let Some(client) = self.clients.get_mut(number) {
            client.wants = false;
            client.hang_up(&mut self.nature);
        }
        Ok(())
    }

    pub(super) fn connect(&mut self) -> Held {
        let Some(number) = self.anybody() else { return Ok(()) };
        if let Some(client) = self.clients.get_mut(number) {
            client.wants = true;
            self.nature.plan(0, Event::Knock(number));
        }
        Ok(())
    }

    pub(super) fn break_line(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        if let Some(line) = self.clients.get(number).and_then(crate::client::Client::line) {
            self.nature.cut(line);
        }
        Ok(())
    }

    /// The program dies, and is often back before the server has noticed: the same device, twice.
    pub(super) fn crash_client(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(client) = self.clients.get_mut(number) else { return Ok(()) };
        if let Some(line) = client.crash() {
            self.nature.tell(|| format!("{} crashes", client.keys.device));
            self.nature.cut(line);
        }
        self.nature.soon(100, Event::Knock(number));
        Ok(())
    }

    pub(super) fn crash_server(&mut self) -> Held {
        if self.server.up {
            self.nature.tell(|| "the server crashes".into());
            self.server.crash(&mut self.nature)?;
        }
        Ok(())
    }

    pub(super) fn stop_server(&mut self) -> Held {
        let Self { nature, server, model, .. } = self;
        if server.up {
            nature.tell(|| "the server stops".into());
            server.stop(nature, model)?;
        }
        Ok(())
    }

    /// The admin has a wish.
    pub(super) fn govern(&mut self) -> Held {
        let Some(number) = self.anybody() else { return Ok(()) };
        let (account, device) =
            (self.account(number), self.clients.get(number).map(|client| client.keys.device));
        let disabled = self.model.accounts.get(&account).is_some_and(|account| account.disabled);
        let wish = match (self.nature.chance.below(8), device) {
            (0, _) => AdminChange::AccountDelete(account),
            (1, Some(device)) => AdminChange::DeviceRevoke(device),
            (2..=4, _) => AdminChange::Announce("Maintenance at noon.".to_owned()),
            _ => AdminChange::SetDisabled { account, disabled: !disabled },
        };
        self.server.write_own(&mut self.nature, Change::Admin(wish));
        Ok(())
    }

    pub(super) fn sweep(&mut self) -> Held {
        let age_ms = if self.nature.chance.one_in(4) { 2_000 } else { 30 * DAY_MS };
        self.server.sweep(&mut self.nature, age_ms);
        Ok(())
    }

    pub(super) fn reload(&mut self) -> Held {
        let policy = setting::policy(&mut self.nature.chance);
        self.server.reload(policy)
    }

    /// Somebody sets the server's clock.
    pub(super) fn jump(&mut self) -> Held {
        let ways = [TEN_YEARS_MS, -TEN_YEARS_MS, 40 * TEN_YEARS_MS / 3650, -3_600_000];
        if let Some(by_ms) = self.nature.chance.pick(&ways).copied() {
            self.nature.tell(|| format!("the clock jumps by {by_ms} ms"));
            self.nature.jump(by_ms);
        }
        Ok(())
    }

    /// Bytes from tomorrow, or from nowhere.
    pub(super) fn babble(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let noise: [u8; 24] = self.nature.chance.bytes();
        let mut out = bytes::BytesMut::new();
        if self.nature.chance.one_in(2) {
            let type_number = 0x7E00 | u16::from(noise[0]);
            encode_frame(
                Header { type_number, kind: FrameKind::Push, more: false, stream: 0 },
                &noise,
                &mut out,
            );
        } else {
            out.extend_from_slice(&noise);
        }
        if let Some(client) = self.clients.get_mut(number) {
            client.babble(&mut self.nature, &out);
        }
        Ok(())
    }

    /// More requests than may wait.
    pub(super) fn flood(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        for _ in 0..40 {
            self.ask(number, sotto_protocol::AccountShow {});
        }
        self.ask(number, Ping {});
        Ok(())
    }
}
