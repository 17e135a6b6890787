//! The authorisation matrix: every frame type, asked by everybody, and what each must hear. A type or a role without its
//! cell fails, and so does a cell whose answer has changed.

mod asked;
mod hall;
mod table;

use sotto_protocol::FrameType;

use self::{asked::payload, hall::Hall, table::TABLE};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Has said HELLO, and nothing else.
    Stranger,
    /// Signed in, a member of nothing.
    Outsider,
    Member,
    Admin,
    Owner,
    /// Somebody whom the owner has blocked, in the room of the two.
    Blocked,
    /// A program of the owner's, with one scope or none.
    Bot(&'static str),
}

impl Who {
    /// The columns of the table.
    pub(crate) const ALL: [Self; 13] = [
        Self::Stranger,
        Self::Outsider,
        Self::Member,
        Self::Admin,
        Self::Owner,
        Self::Blocked,
        Self::Bot(""),
        Self::Bot("send"),
        Self::Bot("receive"),
        Self::Bot("rooms"),
        Self::Bot("contacts"),
        Self::Bot("presence"),
        Self::Bot("account"),
    ];
}

fn heard(kind: FrameType, who: Who) -> String {
    let mut hall = Hall::open(who);
    let payload = payload(kind, who, &hall);
    hall.ask(kind, payload)
}

/// A row's cells; `no*3` is three of them.
fn cells(row: &'static str) -> Vec<&'static str> {
    let cell = |word: &'static str| match word.split_once('*') {
        Some((word, times)) => vec![word; times.parse().expect("a number")],
        None => vec![word],
    };
    row.split_whitespace().flat_map(cell).collect()
}

#[test]
fn every_type_has_its_row_and_every_row_its_type() {
    let rows: Vec<FrameType> = TABLE.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(rows, FrameType::ALL);
}

#[test]
fn everybody_hears_what_the_table_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for (kind, row) in TABLE {
        let expected = cells(row);
        assert_eq!(expected.len(), Who::ALL.len(), "{} has a cell for each", kind.name());
        for (who, expected) in Who::ALL.into_iter().zip(expected) {
            let found = heard(*kind, who);
            if found != expected {
                wrong.push(format!("{} by {who:?}: {found}, not {expected}", kind.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
