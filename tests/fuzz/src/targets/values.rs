//! Values that are spelled as text, and order codes within free text.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use kvit_adapters::amqp::BrokerUrl;
use kvit_schemas::{
    Currency, Day, FeedId, Line, MessageId, Moment, Money, OrderCode, ProcedureCode, Prose,
    find_codes,
};

/// Each code is there once, and its digits stand where it says.
pub(super) fn codes(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let found = find_codes(&text);
    let distinct: BTreeSet<_> = found.iter().map(|it| it.code).collect();
    assert!(distinct.len() == found.len(), "a code twice: {found:?}");
    for code in &found {
        let Some(rest) = text.get(code.offset..) else { panic!("no place: {code:?}") };
        let digits = rest.chars().filter(char::is_ascii_digit).take(OrderCode::DIGITS);
        assert!(digits.collect::<String>() == code.code.as_str(), "{code:?} is not there");
    }
    // What is a code and nothing else is found.
    if let Ok(code) = text.parse::<OrderCode>() {
        assert!(found.iter().any(|it| it.code == code), "{code} is not found");
    }
}

/// What is taken is spelled so that it is taken again, and means the same.
pub(super) fn texts(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    again::<OrderCode>(text);
    again::<Day>(text);
    again::<Moment>(text);
    again::<Currency>(text);
    again::<MessageId>(text);
    again::<FeedId>(text);
    again::<ProcedureCode>(text);
    again::<Line<40>>(text);
    again::<Prose<40>>(text);
    drop(text.parse::<BrokerUrl>());
    let (amount, currency) = text.split_once(' ').unwrap_or((text, "BYN"));
    let Ok(currency) = currency.parse::<Currency>() else { return };
    if let Ok(money) = Money::parse(amount, currency) {
        let said = money.amount();
        assert!(Money::parse(&said, currency) == Ok(money), "{amount:?} became {said:?}");
    }
}

fn again<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let said = value.to_string();
        match said.parse::<T>() {
            Ok(same) => assert!(same == value, "{text:?} became {said:?}"),
            Err(error) => panic!("{text:?} is said as {said:?}: {error:?}"),
        }
    }
}
