//! Invites.
use daemon_core::store::AdminChange;
use sotto_protocol::{InviteList, InviteRevoke, Reason};

use crate::kit::{DAY_MS, New, people::registration, refused, response};

both!(
    an_invite_has_the_default_life_or_the_one_asked_for_up_to_thirty_days,
    a_member_may_have_so_many_open_invites,
    a_member_who_may_have_none_gets_none,
    one_invite_of_many_uses_counts_as_many,
    a_member_lists_and_revokes_only_their_own,
    the_admin_revokes_any,
);

fn an_invite_has_the_default_life_or_the_one_asked_for_up_to_thirty_days(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    for (asked, expected) in [(0, DAY_MS), (5000, 5000), (90 * DAY_MS, 30 * DAY_MS)] {
        let create = world.invite_create(0, asked);
        let made = reply!(InviteCreated, world.reply(anna, create));
        assert_eq!(made.expires_ms, world.now_ms + expected);
    }
    let list = reply!(Invites, world.reply(anna, InviteList {})).invites;
    assert!(list.iter().all(|invite| (invite.uses, invite.used) == (1, 0)));
    assert_eq!(list.len(), 3);
}

fn a_member_may_have_so_many_open_invites(new: New) {
    let mut world = new.limited(|limits| limits.member_invites = 2);
    let anna = world.person("anna");
    let create = world.invite_create(1, 0);
    let first = reply!(InviteCreated, world.reply(anna, create.clone()));
    world.reply(anna, create.clone());
    let refusal = world.refusal(anna, create.clone());
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::LimitInvites, "2"));
    let mut bert = registration(2, "bert");
    bert.invite = Some(first.code);
    world.register(bert, true);
    world.reply(anna, create.clone());
    assert_eq!(world.reason(anna, create.clone()), Reason::LimitInvites);
    world.now_ms += DAY_MS;
    world.reply(anna, create);
}

fn a_member_who_may_have_none_gets_none(new: New) {
    let mut world = new.limited(|limits| limits.member_invites = 0);
    let anna = world.person("anna");
    let create = world.invite_create(1, 0);
    assert_eq!(world.reason(anna, create), Reason::LimitInvites);
}

fn one_invite_of_many_uses_counts_as_many(new: New) {
    let mut world = new.limited(|limits| limits.member_invites = 5);
    let anna = world.person("anna");
    let many = world.invite_create(6, 0);
    assert_eq!(world.reason(anna, many), Reason::LimitInvites);
    let five = world.invite_create(5, 0);
    world.reply(anna, five);
    let one = world.invite_create(1, 0);
    assert_eq!(world.reason(anna, one), Reason::LimitInvites);
}

fn a_member_lists_and_revokes_only_their_own(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let create = world.invite_create(1, 0);
    let made = reply!(InviteCreated, world.reply(anna, create));
    assert_eq!(reply!(Invites, world.reply(bert, InviteList {})).invites, []);
    let revoke = InviteRevoke { invite_id: made.invite_id };
    assert_eq!(world.reason(bert, revoke.clone()), Reason::InviteUnknown);
    let listed = reply!(Invites, world.reply(anna, InviteList {})).invites;
    assert_eq!((listed[0].invite_id, listed[0].expires_ms), (made.invite_id, made.expires_ms));
    world.reply(anna, revoke.clone());
    assert_eq!(world.reason(anna, revoke), Reason::InviteUnknown);
    let mut carl = registration(3, "carl");
    carl.invite = Some(made.code);
    assert_eq!(refused(world.register(carl, true)).reason, Reason::InviteUnknown);
}

fn the_admin_revokes_any(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let create = world.invite_create(1, 0);
    let made = reply!(InviteCreated, world.reply(anna, create));
    let revoke = InviteRevoke { invite_id: made.invite_id };
    response(world.admin(AdminChange::InviteRevoke(revoke.clone())));
    let refusal = refused(world.admin(AdminChange::InviteRevoke(revoke)));
    assert_eq!(refusal.reason, Reason::InviteUnknown);
}
