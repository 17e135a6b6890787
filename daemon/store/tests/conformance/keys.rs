//! Key packages.
use daemon_core::store::Actor;
use sotto_protocol::{
    ClaimedPackage, KeyPackagesClaim, KeyPackagesPut, KeyStockShow, Listed, Octets, ProfileChange, Reason,
    SignOut,
};

use crate::kit::{New, World, account, people::signed_in};

both!(
    a_package_is_handed_out_once_and_in_order,
    the_last_resort_is_handed_out_when_nothing_else_is_left,
    one_package_for_each_device_but_the_one_that_asks,
    a_device_keeps_so_many,
    packages_are_for_who_may_meet,
    a_signed_in_device_knows_its_stock,
);

fn put(world: &mut World, actor: Actor, packages: &[&str], last_resort: &str) -> (u32, bool) {
    let packages = packages.iter().map(|package| Octets::new(package.as_bytes().to_vec()).unwrap()).collect();
    let request = KeyPackagesPut {
        packages: Listed::new(packages).unwrap(),
        last_resort: Octets::new(last_resort.as_bytes().to_vec()).unwrap(),
    };
    let stock = reply!(KeyStock, world.reply(actor, request));
    (stock.packages, stock.last_resort)
}

fn claim(world: &mut World, actor: Actor, whose: &[Actor]) -> Vec<ClaimedPackage> {
    let accounts = Listed::new(whose.iter().map(|actor| actor.account).collect()).unwrap();
    reply!(ClaimedPackages, world.reply(actor, KeyPackagesClaim { accounts })).packages
}

fn texts(packages: &[ClaimedPackage]) -> Vec<(String, bool)> {
    let text = |package: &ClaimedPackage| String::from_utf8_lossy(&package.package).into_owned();
    packages.iter().map(|package| (text(package), package.last_resort)).collect()
}

fn a_package_is_handed_out_once_and_in_order(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    assert_eq!(put(&mut world, bert, &["b", "a"], ""), (2, false));
    world.reopen();
    for expected in ["b", "a", ""] {
        assert_eq!(texts(&claim(&mut world, anna, &[bert])), [(expected.to_owned(), false)]);
    }
}

fn the_last_resort_is_handed_out_when_nothing_else_is_left(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    put(&mut world, bert, &["single"], "old");
    assert_eq!(put(&mut world, bert, &[], "last"), (1, true));
    assert_eq!(put(&mut world, bert, &[], ""), (1, true), "empty keeps what is there");
    assert_eq!(texts(&claim(&mut world, anna, &[bert])), [("single".to_owned(), false)]);
    for _ in 0..2 {
        assert_eq!(texts(&claim(&mut world, anna, &[bert])), [("last".to_owned(), true)]);
    }
}

fn one_package_for_each_device_but_the_one_that_asks(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let annas_second = world.device(anna, 2);
    let (berts_second, berts_third) = (world.device(bert, 2), world.device(bert, 3));
    for actor in [anna, annas_second, bert, berts_second, berts_third] {
        put(&mut world, actor, &["one", "two"], "");
    }
    world.reply(berts_third, SignOut {});
    let claimed = claim(&mut world, anna, &[bert, anna, bert]);
    let devices: Vec<_> = claimed.iter().map(|package| (package.account, package.device)).collect();
    assert_eq!(
        devices,
        [
            (bert.account, bert.device),
            (bert.account, berts_second.device),
            (anna.account, annas_second.device)
        ]
    );
    assert_eq!(reply!(KeyStock, world.reply(anna, KeyStockShow {})).packages, 2);
    assert_eq!(reply!(KeyStock, world.reply(bert, KeyStockShow {})).packages, 1);
}

fn a_device_keeps_so_many(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    put(&mut world, anna, &["x"; 64], "");
    put(&mut world, anna, &["x"; 63], "");
    let two = Listed::new(vec![Octets::new(&b"x"[..]).unwrap(); 2]).unwrap();
    let last_resort = Octets::new(&b"last"[..]).unwrap();
    let refusal = world.refusal(anna, KeyPackagesPut { packages: two, last_resort });
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::LimitKeyPackages, "128"));
    let stock = reply!(KeyStock, world.reply(anna, KeyStockShow {}));
    assert_eq!((stock.packages, stock.last_resort), (127, false));
    assert_eq!(put(&mut world, anna, &["x"], ""), (128, false));
}

fn packages_are_for_who_may_meet(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    put(&mut world, carl, &["one"], "");
    for whose in [vec![carl.account], vec![bert.account, carl.account], vec![account(99)]] {
        let accounts = Listed::new(whose).unwrap();
        assert_eq!(world.reason(anna, KeyPackagesClaim { accounts }), Reason::PersonUnknown);
    }
    assert_eq!(reply!(KeyStock, world.reply(carl, KeyStockShow {})).packages, 1);
    let open = ProfileChange {
        display_name: None,
        email: None,
        visibility: None,
        shares_last_seen: None,
        open_to_all: Some(true),
    };
    world.reply(carl, open);
    assert_eq!(claim(&mut world, anna, &[carl]).len(), 1);
}

fn a_signed_in_device_knows_its_stock(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    put(&mut world, anna, &["one", "two"], "last");
    assert_eq!(signed_in(world.sign_in(anna, None)).key_packages, 2);
}
