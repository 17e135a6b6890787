//! Two MQTT clients of whom one publishes to the other, played by one task, as [`crate::load`] plays ours.
use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use anyhow::{Result, bail, ensure};
use bytes::BytesMut;
use rustls::pki_types::ServerName;
use sotto_kit::{Door, tls_connector};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};
use tokio_rustls::client::TlsStream;

use super::codec::{self, Packet};
use crate::{
    load::{Body, Meter, now_ns},
    spread::Spread,
};

const SETTLE: Duration = Duration::from_secs(20);

/// One connection.
struct Client {
    tls: TlsStream<TcpStream>,
    arrived: BytesMut,
    out: BytesMut,
}

/// One who publishes and one who is subscribed.
pub(crate) struct Pair {
    index: u32,
    topic: String,
    sender: Client,
    receiver: Client,
    /// Of each message under way, from the oldest: acknowledged, delivered.
    under_way: VecDeque<(bool, bool)>,
    oldest: u32,
    delivery: Spread,
}

impl Client {
    async fn connect(door: &Door, name: &str) -> Result<Self> {
        let tcp = TcpStream::connect(&door.address).await?;
        tcp.set_nodelay(true)?;
        let tls = tls_connector(door.pin, &[])?.connect(ServerName::try_from("sotto.invalid")?, tcp).await?;
        let mut client = Self { tls, arrived: BytesMut::new(), out: BytesMut::new() };
        codec::connect(&mut client.out, name);
        client.confirmed(0x20).await?;
        Ok(client)
    }

    /// Sends what is queued and waits for this packet.
    async fn confirmed(&mut self, first: u8) -> Result<()> {
        self.flush().await?;
        loop {
            match codec::take(&mut self.arrived) {
                Some(Packet::Other(found)) if found == first => return Ok(()),
                Some(other) => bail!("{other:?} where {first:#x} was due"),
                None => self.read().await?,
            }
        }
    }

    async fn flush(&mut self) -> Result<()> {
        if !self.out.is_empty() {
            self.tls.write_all(&self.out).await?;
            self.out.clear();
            self.tls.flush().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        self.arrived.reserve(16 * 1024);
        ensure!(self.tls.read_buf(&mut self.arrived).await? > 0, "the broker closed the connection");
        Ok(())
    }
}

impl Pair {
    /// Connects both.
    pub(crate) async fn meet(door: &Door, index: u32) -> Result<Self> {
        let topic = format!("in/{index}");
        let sender = Client::connect(door, &format!("writer{index}")).await?;
        let mut receiver = Client::connect(door, &format!("reader{index}")).await?;
        codec::subscribe(&mut receiver.out, &topic);
        receiver.confirmed(0x90).await?;
        let under_way = VecDeque::new();
        Ok(Self { index, topic, sender, receiver, under_way, oldest: 0, delivery: Spread::default() })
    }

    /// Publishes while the window allows, until it is told to stop.
    pub(crate) async fn run(mut self, window: usize, bytes: usize, meter: Arc<Meter>) -> Result<Spread> {
        loop {
            let stopping = meter.stop.load(Relaxed);
            if stopping && self.under_way.is_empty() {
                return Ok(self.delivery);
            }
            while !stopping && self.under_way.len() < window {
                let number = self.oldest + u32::try_from(self.under_way.len())?;
                let body = Body { sender: self.index, number, sent_ns: now_ns() };
                codec::publish(&mut self.sender.out, &self.topic, id(number), &body.to_bytes(bytes));
                self.under_way.push_back((false, false));
            }
            self.sender.flush().await?;
            self.receiver.flush().await?;
            tokio::select! {
                came = self.sender.read() => came?,
                came = self.receiver.read() => came?,
                () = sleep(SETTLE) => bail!("the broker does not deliver"),
            }
            self.handle(&meter)?;
        }
    }

    fn handle(&mut self, meter: &Meter) -> Result<()> {
        while let Some(packet) = codec::take(&mut self.sender.arrived) {
            let Packet::Puback(acknowledged) = packet else { continue };
            let oldest = self.oldest;
            let mut under_way = self.under_way.iter_mut().zip(oldest..);
            if let Some((state, _)) = under_way.find(|(_, number)| id(*number) == acknowledged) {
                state.0 = true;
            }
        }
        while let Some(packet) = codec::take(&mut self.receiver.arrived) {
            let Packet::Publish { id, payload } = packet else { continue };
            codec::puback(&mut self.receiver.out, id);
            let Some(body) = Body::read(&payload) else { bail!("a message that is not of the load") };
            if let Some(state) = self.under_way.get_mut(body.number.wrapping_sub(self.oldest) as usize) {
                state.1 = true;
            }
            if meter.measuring.load(Relaxed) {
                self.delivery.add_ns(now_ns() - body.sent_ns);
            }
        }
        while self.under_way.front() == Some(&(true, true)) {
            self.under_way.pop_front();
            self.oldest += 1;
            meter.done.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

/// Packet numbers begin again, and are never 0.
fn id(number: u32) -> u16 {
    u16::try_from(number % 60_000).unwrap_or(0) + 1
}
