//! What a line of an exchange says: a mark of a section, a field, or text that goes on.
//!
//! Keys are known in any case and with spaces in them. Beside those of the standard (1.01 to 1.03)
//! stand those of its Kazakh edition (2.00) and what Belarusian banks call a payer's number.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The longest key that is looked at, in bytes; known ones have less than half of it.
const KEY_BYTES_MAX: usize = 128;

/// A line that begins or ends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The first line of an exchange.
    Exchange,
    Account,
    AccountEnd,
    Document,
    DocumentEnd,
    /// The end of the exchange.
    End,
}

/// The fields that are read, each under all its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Version,
    Encoding,
    Currency,
    Account,
    Opening,
    Received,
    Spent,
    Closing,
    Number,
    Day,
    BookedDay,
    ReceivedDay,
    SpentDay,
    Amount,
    AmountIn,
    AmountOut,
    PayerAccount,
    PayerOwnAccount,
    PayerName,
    PayerFullName,
    PayerId,
    PayeeAccount,
    PayeeOwnAccount,
    Code,
    Purpose,
    /// A line of the purpose's folded copy, from 1.
    PurposeLine(u8),
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Mark(Mark),
    Field(Key, &'a str),
    /// A field that is not read.
    Other,
    /// What may be one, or a line of a text: `Заказ=5`.
    Word(&'a str),
    /// The value before it goes on.
    Text(&'a str),
}

/// The names of fields, the standard's own first.
const KEYS: [(&str, Key); 41] = [
    ("ВерсияФормата", Key::Version),
    ("Кодировка", Key::Encoding),
    ("Валюта", Key::Currency),
    ("КодВалюты", Key::Currency),
    ("РасчСчет", Key::Account),
    ("НачальныйОстаток", Key::Opening),
    ("ВсегоПоступило", Key::Received),
    ("ВсегоСписано", Key::Spent),
    ("КонечныйОстаток", Key::Closing),
    ("Номер", Key::Number),
    ("НомерДокумента", Key::Number),
    ("Дата", Key::Day),
    ("ДатаДокумента", Key::Day),
    ("ДатаОперации", Key::BookedDay),
    ("ДатаПоступило", Key::ReceivedDay),
    ("ДатаСписано", Key::SpentDay),
    ("Сумма", Key::Amount),
    ("СуммаПриход", Key::AmountIn),
    ("СуммаРасход", Key::AmountOut),
    ("ПлательщикСчет", Key::PayerAccount),
    ("ПлательщикИИК", Key::PayerAccount),
    ("ПлательщикРасчСчет", Key::PayerOwnAccount),
    ("Плательщик1", Key::PayerName),
    ("ПлательщикНаименование", Key::PayerName),
    ("Плательщик", Key::PayerFullName),
    ("ПлательщикИНН", Key::PayerId),
    ("ПлательщикУНП", Key::PayerId),
    ("ПлательщикУНН", Key::PayerId),
    ("ПлательщикБИН", Key::PayerId),
    ("ПлательщикБИН_ИИН", Key::PayerId),
    ("ПолучательСчет", Key::PayeeAccount),
    ("ПолучательИИК", Key::PayeeAccount),
    ("ПолучательРасчСчет", Key::PayeeOwnAccount),
    ("Код", Key::Code),
    ("НазначениеПлатежа", Key::Purpose),
    ("НазначениеПлатежа1", Key::PurposeLine(1)),
    ("НазначениеПлатежа2", Key::PurposeLine(2)),
    ("НазначениеПлатежа3", Key::PurposeLine(3)),
    ("НазначениеПлатежа4", Key::PurposeLine(4)),
    ("НазначениеПлатежа5", Key::PurposeLine(5)),
    ("НазначениеПлатежа6", Key::PurposeLine(6)),
];

const MARKS: [(&str, Mark); 6] = [
    ("1CClientBankExchange", Mark::Exchange),
    ("СекцияРасчСчет", Mark::Account),
    ("КонецРасчСчет", Mark::AccountEnd),
    ("СекцияДокумент", Mark::Document),
    ("КонецДокумента", Mark::DocumentEnd),
    ("КонецФайла", Mark::End),
];

/// Words by which code page 866 is told from windows-1251: the first line with Cyrillic letters
/// has one of them.
pub(super) const WORDS: &[&str] = &[
    "ВерсияФормата",
    "Кодировка",
    "Отправитель",
    "Получатель",
    "Плательщик",
    "Дата",
    "Время",
    "РасчСчет",
    "Секция",
    "Конец",
    "Номер",
    "Сумма",
    "НазначениеПлатежа",
    "ВЕРСИЯФОРМАТА",
    "КОДИРОВКА",
    "СЕКЦИЯ",
    "ДАТА",
];

#[derive(Clone, Copy)]
enum Name {
    Mark(Mark),
    Field(Key),
}

/// All names, as the standard writes them and in lower case.
static NAMES: LazyLock<HashMap<String, Name>> = LazyLock::new(|| {
    let marks = MARKS.into_iter().map(|(name, mark)| (name, Name::Mark(mark)));
    let keys = KEYS.into_iter().map(|(name, key)| (name, Name::Field(key)));
    let both = |(name, meaning): (&str, Name)| {
        [(name.to_owned(), meaning), (name.to_lowercase(), meaning)]
    };
    marks.chain(keys).flat_map(both).collect()
});

impl Key {
    /// The standard's name, in what is told of the field.
    pub(super) fn name(self) -> &'static str {
        KEYS.into_iter().find(|(_, key)| *key == self).map_or("", |(name, _)| name)
    }
}

/// Reads a line.
pub(super) fn said(line: &str) -> Said<'_> {
    let (key, value) = match line.split_once('=') {
        Some((key, value)) => (key.trim(), Some(value.trim())),
        None => (line.trim(), None),
    };
    match (known(key), value) {
        (Some(Name::Mark(mark)), None | Some("")) => Said::Mark(mark),
        (Some(Name::Mark(Mark::Document)), Some(_)) => Said::Mark(Mark::Document),
        (Some(Name::Field(key)), Some(value)) => Said::Field(key, value),
        (_, Some(_)) if is_name(key) => {
            if is_word(key) {
                Said::Word(line)
            } else {
                Said::Other
            }
        }
        (_, Some(_) | None) => Said::Text(line),
    }
}

fn known(key: &str) -> Option<Name> {
    if key.len() > KEY_BYTES_MAX {
        return None;
    }
    if let Some(name) = NAMES.get(key) {
        return Some(*name);
    }
    let plain = key.chars().filter(|c| !c.is_whitespace());
    NAMES.get(&plain.flat_map(char::to_lowercase).collect::<String>()).copied()
}

/// The names of fields of the standard that are not read and are plain words.
const WORD_NAMES: [&str; 4] = ["Отправитель", "Плательщик", "Получатель", "Очередность"];

/// True for what may be the name of a field: one word that begins with a capital.
fn is_name(key: &str) -> bool {
    key.len() <= KEY_BYTES_MAX
        && key.chars().next().is_some_and(char::is_uppercase)
        && key.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// True for a name that people write, too: names of fields are of several words, or in capitals.
/// A purpose of several lines may hold a line with one, which counts as text there.
fn is_word(name: &str) -> bool {
    name.chars().skip(1).all(char::is_lowercase) && !WORD_NAMES.contains(&name)
}
