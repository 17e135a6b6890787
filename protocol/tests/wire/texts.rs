//! What people write: accepted whole or refused, never cut.
use sotto_protocol::*;

#[test]
fn a_user_name_is_what_can_be_typed_anywhere() {
    for good in ["ab", "anna", "a.b-c_9", &"a".repeat(32)] {
        assert_eq!(UserName::new(good).unwrap().as_str(), good);
    }
    for bad in ["", "a", "Anna", "9lives", ".anna", "an na", "änne", "anna\u{200B}", "аnna", &"a".repeat(33)]
    {
        assert!(UserName::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_display_name_may_be_in_any_script() {
    for good in ["Änne", "王小明", "أحمد", "दीपा", "👩‍👩‍👧", "O'Neil, Pat (she)", "می‌خواهم"]
    {
        assert_eq!(DisplayName::new(good).unwrap().as_str(), good);
    }
}

#[test]
fn a_text_holds_nothing_that_deceives_the_eye() {
    let control = ('\0'..='\u{1F}').chain('\u{7F}'..='\u{9F}');
    let bidi = ['\u{061C}', '\u{200E}', '\u{200F}']
        .into_iter()
        .chain('\u{202A}'..='\u{202E}')
        .chain('\u{2066}'..='\u{2069}');
    let unseen = [
        '\u{AD}',
        '\u{115F}',
        '\u{1160}',
        '\u{180E}',
        '\u{200B}',
        '\u{2028}',
        '\u{2029}',
        '\u{2060}',
        '\u{3164}',
        '\u{FEFF}',
        '\u{FFA0}',
        '\u{E0001}',
    ];
    for c in control.chain(bidi).chain(unseen) {
        let text = format!("an{c}na");
        let wrong = Wrong::Character { found: u32::from(c) };
        assert_eq!(DisplayName::new(&text), Err(wrong), "{text:?}");
        assert_eq!(Note::new(&text), Err(wrong));
        assert_eq!(Label::new(&text), Err(wrong));
        assert_eq!(Email::new(&format!("{text}@b.c")), Err(wrong));
    }
    for blank in [" anna", "anna ", " ", "\u{3000}", "\u{A0}anna"] {
        assert_eq!(DisplayName::new(blank), Err(Wrong::Form), "{blank:?}");
    }
}

#[test]
fn an_email_address_has_two_sides() {
    for good in ["a@b", "anna.k+x@example.org", "用户@例子.公司"] {
        assert!(Email::new(good).is_ok(), "{good}");
    }
    for bad in ["", "a@", "@b", "ab", "a@b@c", "a b@c", "a@b c"] {
        assert!(Email::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn lengths_count_bytes_and_a_character_is_never_cut() {
    assert!(DisplayName::new(&"王".repeat(42)).is_ok());
    assert_eq!(DisplayName::new(&"王".repeat(43)), Err(Wrong::Length { found: 129, min: 1, max: 128 }));
}

#[test]
fn a_secret_does_not_show_itself() {
    let token = Token::new(*b"this must not be seen in any log");
    let code = InviteCode::new(*b"nor this one, no");
    let invite = Invite { pin: Pin::new([1; 32]), code: Some(code), addresses: vec!["a:1".into()] };
    let sealed = Octets::<0, 64>::new("nor these").unwrap();
    let shown = format!("{token:?} {code:?} {invite:?} {sealed:?}");
    for part in ["74686973", "this", "nor", "GAYT", "6e6f72"] {
        assert!(!shown.contains(part), "{shown}");
    }
}
