//! Tokens.
use daemon_core::store::{Actor, Change, News, Outcome, hashed};
use sotto_protocol::{
    BotScope, Listed, Note, Reason, SignOut, Token, TokenCreate, TokenCreated, TokenList, TokenRevoke,
    TokenType,
};

use crate::kit::{
    DAY_MS, New, World,
    people::{HERE, signed_in},
    refused,
};

both!(
    a_bot_signs_in_by_its_token_alone_and_within_its_scopes,
    a_bots_token_slides_with_use_and_ends_without,
    a_wrong_token_or_a_devices_own_lets_no_bot_in,
    an_account_has_so_many_bot_tokens,
    tokens_are_listed_without_their_secrets,
    a_revoked_token_is_gone_at_once,
    a_revoked_device_token_means_a_new_sign_in,
);

fn create(world: &mut World, actor: Actor) -> TokenCreated {
    let scopes = vec![BotScope::new("write").unwrap(), BotScope::new("read").unwrap()];
    let name = Note::new("weather").unwrap();
    reply!(TokenCreated, world.reply(actor, TokenCreate { name, scopes: Listed::new(scopes).unwrap() }))
}

fn bot(world: &mut World, actor: Actor, token: &Token) -> Outcome {
    world.write(Change::BotSignIn { actor, token: hashed(token.as_bytes()), source: HERE })
}

fn a_bot_signs_in_by_its_token_alone_and_within_its_scopes(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let made = create(&mut world, anna);
    assert_eq!((made.token.token_type, made.token.expires_ms), (TokenType::Bot, world.now_ms + 30 * DAY_MS));
    let resume = signed_in(bot(&mut world, anna, &made.token.token));
    assert_eq!(resume.actor, anna);
    assert_eq!((resume.token, resume.scopes), (None, Some(vec!["write".to_owned(), "read".to_owned()])));
}

fn a_bots_token_slides_with_use_and_ends_without(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let used = create(&mut world, anna).token.token;
    let unused = create(&mut world, anna).token.token;
    world.now_ms += 20 * DAY_MS;
    signed_in(bot(&mut world, anna, &used));
    world.now_ms += 20 * DAY_MS;
    signed_in(bot(&mut world, anna, &used));
    assert_eq!(refused(bot(&mut world, anna, &unused)).reason, Reason::AuthFailed);
}

fn a_wrong_token_or_a_devices_own_lets_no_bot_in(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let own = signed_in(world.sign_in(anna, None)).token.unwrap().token;
    let made = create(&mut world, anna).token.token;
    assert_eq!(refused(bot(&mut world, anna, &Token::new([7; 32]))).reason, Reason::AuthFailed);
    assert_eq!(refused(bot(&mut world, anna, &own)).reason, Reason::AuthFailed);
    assert_eq!(refused(bot(&mut world, bert, &made)).reason, Reason::AuthFailed);
    let shown = signed_in(world.sign_in(anna, Some(&made)));
    assert!(shown.token.is_some(), "a bot's token is no device's");
}

fn an_account_has_so_many_bot_tokens(new: New) {
    let mut world = new.limited(|limits| limits.tokens = 1);
    let anna = world.person("anna");
    create(&mut world, anna);
    let name = Note::new("another").unwrap();
    assert_eq!(world.reason(anna, TokenCreate { name, scopes: Listed::default() }), Reason::LimitTokens);
}

fn tokens_are_listed_without_their_secrets(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let made = create(&mut world, anna);
    let mut tokens = reply!(Tokens, world.reply(anna, TokenList {})).tokens;
    tokens.sort_by_key(|token| token.token_type == TokenType::Bot);
    assert_eq!(tokens.len(), 2);
    assert_eq!((tokens[0].token_type, tokens[0].device), (TokenType::Device, anna.device));
    assert_eq!((tokens[1].token_id, tokens[1].name.as_str()), (made.token_id, "weather"));
    assert_eq!(tokens[1].scopes.len(), 2);
}

fn a_revoked_token_is_gone_at_once(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let made = create(&mut world, anna);
    let revoke = TokenRevoke { token_id: made.token_id };
    assert_eq!(world.reason(bert, revoke.clone()), Reason::TokenUnknown);
    assert_eq!(world.news(anna, revoke.clone()), [News::DeviceOut(anna.device, Reason::AuthRequired)]);
    assert_eq!(world.reason(anna, revoke), Reason::TokenUnknown);
    assert_eq!(refused(bot(&mut world, anna, &made.token.token)).reason, Reason::AuthFailed);
    let made = create(&mut world, anna);
    world.reply(anna, SignOut {});
    assert_eq!(refused(bot(&mut world, anna, &made.token.token)).reason, Reason::AuthFailed);
}

fn a_revoked_device_token_means_a_new_sign_in(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let own = signed_in(world.sign_in(anna, None)).token.unwrap().token;
    let token_id = reply!(Tokens, world.reply(anna, TokenList {})).tokens[0].token_id;
    assert_eq!(world.news(anna, TokenRevoke { token_id }), []);
    assert!(signed_in(world.sign_in(anna, Some(&own))).token.is_some());
}
