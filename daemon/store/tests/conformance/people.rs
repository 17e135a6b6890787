//! Who is here.
use daemon_core::store::{Actor, AdminChange};
use sotto_protocol::{
    ContactBlock, DisplayName, PeopleSearch, PersonShow, ProfileChange, Query, Reason, UserName, Visibility,
};

use crate::kit::{New, World, account};

both!(
    people_are_found_by_the_beginning_of_their_name_or_a_part_of_what_they_are_called,
    who_hides_is_found_by_nobody_and_who_wants_exactness_by_the_whole_name,
    who_blocked_me_and_who_is_disabled_is_not_found,
    what_is_found_comes_in_pages,
    one_person_is_shown_by_id_or_name,
    hidden_and_absent_are_answered_alike,
    whom_i_know_i_can_see,
);

fn search(world: &mut World, actor: Actor, query: &str) -> Vec<String> {
    let query = Query::new(query).unwrap();
    let people = reply!(People, world.reply(actor, PeopleSearch { query, after: None, limit: 0 }));
    assert!(!people.more);
    people.people.iter().map(|person| person.user_name.as_str().to_owned()).collect()
}

fn profile() -> ProfileChange {
    ProfileChange {
        display_name: None,
        email: None,
        visibility: None,
        shares_last_seen: None,
        open_to_all: None,
    }
}

fn set_visibility(world: &mut World, actor: Actor, visibility: Visibility) {
    world.reply(actor, ProfileChange { visibility: Some(visibility), ..profile() });
}

fn people_are_found_by_the_beginning_of_their_name_or_a_part_of_what_they_are_called(new: New) {
    let mut world = new.world();
    let seeker = world.person("seeker");
    let (anna, _) = (world.person("anna"), world.person("annabel"));
    world.person("bert");
    assert_eq!(search(&mut world, seeker, "ann"), ["anna", "annabel"]);
    assert_eq!(search(&mut world, seeker, "ANN"), ["anna", "annabel"]);
    assert_eq!(search(&mut world, seeker, "Bel of"), ["annabel"]);
    assert_eq!(search(&mut world, seeker, "nn_"), Vec::<String>::new());
    assert_eq!(search(&mut world, seeker, "%"), Vec::<String>::new());
    let name = DisplayName::new("Änne Müller 安娜").unwrap();
    world.reply(anna, ProfileChange { display_name: Some(name), ..profile() });
    assert_eq!(search(&mut world, seeker, "änne mÜ"), ["anna"]);
    assert_eq!(search(&mut world, seeker, "安娜"), ["anna"]);
    assert_eq!(search(&mut world, seeker, "world"), ["annabel", "bert"], "never oneself");
}

fn who_hides_is_found_by_nobody_and_who_wants_exactness_by_the_whole_name(new: New) {
    let mut world = new.world();
    let (seeker, anna) = (world.person("seeker"), world.person("anna"));
    set_visibility(&mut world, anna, Visibility::Exact);
    assert_eq!(search(&mut world, seeker, "ann"), Vec::<String>::new());
    assert_eq!(search(&mut world, seeker, "world"), Vec::<String>::new());
    assert_eq!(search(&mut world, seeker, "anna"), ["anna"]);
    set_visibility(&mut world, anna, Visibility::Hidden);
    assert_eq!(search(&mut world, seeker, "anna"), Vec::<String>::new());
}

fn who_blocked_me_and_who_is_disabled_is_not_found(new: New) {
    let mut world = new.world();
    let (seeker, anna, bert) = (world.person("seeker"), world.person("anna"), world.person("bert"));
    world.reply(anna, ContactBlock { account: seeker.account });
    world.admin(AdminChange::SetDisabled { account: bert.account, disabled: true });
    assert_eq!(search(&mut world, seeker, "world"), Vec::<String>::new());
    for name in ["anna", "bert"] {
        let show = PersonShow::Name(UserName::new(name).unwrap());
        assert_eq!(world.reason(seeker, show), Reason::PersonUnknown);
    }
}

fn what_is_found_comes_in_pages(new: New) {
    let mut world = new.world();
    let seeker = world.person("seeker");
    for name in ["dora", "bert", "carl", "anna"] {
        world.person(name);
    }
    let page = |world: &mut World, after: Option<&str>, limit| {
        let (query, after) =
            (Query::new("of this").unwrap(), after.map(|after| UserName::new(after).unwrap()));
        let page = reply!(People, world.reply(seeker, PeopleSearch { query, after, limit }));
        let names: Vec<String> = page.people.iter().map(|person| person.user_name.to_string()).collect();
        (names.join(" "), page.more)
    };
    assert_eq!(page(&mut world, None, 3), ("anna bert carl".into(), true));
    assert_eq!(page(&mut world, Some("carl"), 3), ("dora".into(), false));
    assert_eq!(page(&mut world, None, 4), ("anna bert carl dora".into(), false));
}

fn one_person_is_shown_by_id_or_name(new: New) {
    let mut world = new.world();
    let (seeker, anna) = (world.person("seeker"), world.person("anna"));
    let by_id = reply!(Person, world.reply(seeker, PersonShow::Account(anna.account)));
    let by_name = reply!(Person, world.reply(seeker, PersonShow::Name(UserName::new("anna").unwrap())));
    assert_eq!(by_id, by_name);
    assert_eq!((by_id.account, by_id.bot), (anna.account, false));
    assert_eq!(by_id.display_name.as_str(), "anna of this world");
}

fn hidden_and_absent_are_answered_alike(new: New) {
    let mut world = new.world();
    let (seeker, anna) = (world.person("seeker"), world.person("anna"));
    set_visibility(&mut world, anna, Visibility::Hidden);
    let hidden = world.refusal(seeker, PersonShow::Account(anna.account));
    let absent = world.refusal(seeker, PersonShow::Account(account(99)));
    assert_eq!(hidden, absent);
    let hidden = world.refusal(seeker, PersonShow::Name(UserName::new("anna").unwrap()));
    let absent = world.refusal(seeker, PersonShow::Name(UserName::new("nobody").unwrap()));
    assert_eq!((hidden.clone(), hidden.reason), (absent, Reason::PersonUnknown));
    world.reply(anna, PersonShow::Account(anna.account));
}

fn whom_i_know_i_can_see(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    set_visibility(&mut world, anna, Visibility::Hidden);
    world.reply(bert, PersonShow::Account(anna.account));
    assert_eq!(world.reason(carl, PersonShow::Account(anna.account)), Reason::PersonUnknown);
    world.befriend(bert, carl);
    world.group(bert, &[anna, carl]);
    world.reply(carl, PersonShow::Account(anna.account));
}
