//! The closed list of refusal codes. Each is one cause; its page says the cure.

use std::fmt;

use crate::message::Localized;

macro_rules! codes {
    ($($number:literal $name:ident $be:literal $ru:literal $en:literal cure $cure:literal;)*) => {
        impl Code {
            $(#[doc = $en] pub const $name: Self = Self($number);)*

            /// All codes, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self($number)),*];

            fn texts(self) -> [&'static str; 4] {
                match self.0 {
                    $($number => [$be, $ru, $en, $cure],)*
                    _ => ["", "", "", ""],
                }
            }

            /// The code as messages spell it, such as `KV1101`.
            pub fn as_str(self) -> &'static str {
                match self.0 {
                    $($number => concat!("KV", stringify!($number)),)*
                    _ => "KV0000",
                }
            }
        }
    };
}

/// A stable code of a refusal, a conflict or a row that could not be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

codes! {
    1001 BODY_TOO_LARGE "Паведамленне занадта вялікае" "Сообщение слишком велико" "The message is too large"
        cure "Send less than the limit, or put large files into the feed's drop folder.";
    1002 SENDER_UNKNOWN "Адпраўнік невядомы" "Отправитель неизвестен" "The sender is not known"
        cure "Set the AMQP property user_id to your broker user, and have the operator map that user to your party.";
    1003 MESSAGE_ID_INVALID "Няправільны message_id" "Неверный message_id" "The message id is missing or not valid"
        cure "Set message_id to 1 to 128 visible ASCII characters, unique per message.";
    1004 TYPE_UNKNOWN "Невядомы тып паведамлення" "Неизвестный тип сообщения" "The message type is not known"
        cure "Set the AMQP property type to one of the contract's types, with its version.";
    1005 CONTENT_TYPE_UNSUPPORTED "Тып змесціва не падтрымліваецца" "Тип содержимого не поддерживается" "The content type is not supported"
        cure "Send application/json.";
    1006 CONTENT_ENCODING_INVALID "Няправільнае кадаванне змесціва" "Неверное кодирование содержимого" "The content encoding is not supported or damaged"
        cure "Send the body plain or compressed with gzip.";
    1007 TYPE_NOT_YOURS "Гэты тып не ад гэтага боку" "Этот тип не от этой стороны" "This party does not send this type"
        cure "Send the type from the kind of party it belongs to, to that kind's exchange.";
    1008 ROUTING_KEY_DISAGREES "Ключ маршрутызацыі не адпавядае паведамленню" "Ключ маршрутизации не соответствует сообщению" "The routing key disagrees with the message"
        cure "Use the routing key that the contract gives for the message and the sender.";
    1101 MALFORMED "Змесціва не чытаецца" "Содержимое не читается" "The body cannot be read"
        cure "Send well-formed JSON in UTF-8 without a byte-order mark.";
    1102 TOO_DEEP "Занадта глыбокая ўкладзенасць" "Слишком глубокая вложенность" "The body is nested too deeply"
        cure "Keep arrays and objects within 32 levels.";
    1103 DUPLICATE_KEY "Ключ паўтараецца" "Ключ повторяется" "A key stands twice in one object"
        cure "Write each key once.";
    1104 CONTROL_CHARACTER "Кіравальны сімвал у тэксце" "Управляющий символ в тексте" "A text holds a control character"
        cure "Remove control characters; line ends and tabs are allowed only in longer texts.";
    1105 FIELD_UNKNOWN "Невядомае поле" "Неизвестное поле" "A field is not known"
        cure "Remove the field or correct its name; own data goes into extensions.";
    1106 FIELD_MISSING "Няма абавязковага поля" "Нет обязательного поля" "A required field is missing"
        cure "Add the field.";
    1107 FIELD_INVALID "Няправільнае значэнне поля" "Неверное значение поля" "A field's value is not valid"
        cure "Write the value as the schema of the message says.";
    1108 ORDER_CODE_MALFORMED "Няправільны код заказа" "Неверный код заказа" "The order code is malformed"
        cure "Send exactly 30 digits as a string; put a damaged code of a payment into purpose.";
    1109 MONEY_MALFORMED "Няправільная сума" "Неверная сумма" "An amount is malformed"
        cure "Write the amount as a decimal string with exactly the currency's minor digits.";
    1110 PAYMENT_ZERO "Нулявы плацеж" "Нулевой платёж" "A payment of nothing"
        cure "Report only payments of more than nothing.";
    1111 TIME_IN_FUTURE "Час у будучыні" "Время в будущем" "A time lies more than a day in the future"
        cure "Correct the clock or the time zone of the sender.";
    1112 ATTACHMENT_MISMATCH "Дакумент не адпавядае апісанню" "Документ не соответствует описанию" "A document disagrees with its description"
        cure "Send size and sha256 of the very bytes in content.";
    1113 ATTACHMENT_INVALID "Дакумент апісаны няправільна" "Документ описан неверно" "A document is not described as it must be"
        cure "Give exactly one of content and url; url is https on a host agreed for your party.";
    1201 MESSAGE_ID_REUSED "message_id выкарыстаны для іншага змесціва" "message_id использован для другого содержимого" "The message id was used for other content"
        cure "Give every new content its own message_id.";
    1202 APPLICATION_CONFLICT "Заява з гэтым кодам ужо ёсць" "Заявление с этим кодом уже есть" "The order code has another application"
        cure "Form a new order code for a new application.";
    1203 PAYMENT_CONFLICT "Плацеж ужо вядомы з іншымі данымі" "Платёж уже известен с другими данными" "The payment is known with other values"
        cure "Report the same amount, currency and order code under the same payment_id.";
    1204 DECISION_CONFLICT "Рашэнне ўжо вядома з іншым зместам" "Решение уже известно с другим содержанием" "The decision is known with other content"
        cure "Give a correction its own decision_id and name the current one in replaces.";
    1205 DECISION_NOT_CURRENT "Ёсць іншае дзейнае рашэнне" "Есть другое действующее решение" "Another decision is the current one"
        cure "Name the current decision in replaces.";
    1206 REQUEST_CONFLICT "Запыт ужо вядомы з іншым зместам" "Запрос уже известен с другим содержанием" "The request is known with other content"
        cure "Give every request for documents its own request_id.";
    1301 FEED_NOT_YOURS "Плынь не належыць гэтаму банку" "Поток не принадлежит этому банку" "The feed is not this bank's"
        cure "Report only for feeds that the settings give to your bank.";
    1302 STATE_NOT_ASSERTED "Плынь не можа сцвярджаць гэты стан" "Поток не может утверждать это состояние" "The feed may not assert this state"
        cure "Have the operator allow the state for the feed, or report it through the feed that may.";
    1303 ORDER_NOT_YOURS "Заказ не належыць гэтаму боку" "Заказ не принадлежит этой стороне" "The order is not known or not yours"
        cure "Act only on orders that you submitted, or that were assigned to you.";
    1304 DECISION_UNKNOWN "Рашэнне невядомае" "Решение неизвестно" "The decision is not known"
        cure "Acknowledge a decision after it was published to you.";
    1401 PROCEDURE_UNKNOWN "Працэдура невядомая" "Процедура неизвестна" "The procedure is not known"
        cure "Use a procedure code of the catalogue.";
    1402 ROUTE_UNKNOWN "Няма ўпаўнаважанага органа" "Нет уполномоченного органа" "No agency is responsible there"
        cure "Correct the region, or have the operator add a route to the catalogue.";
    1403 IDENTIFICATION_TOO_LOW "Узровень ідэнтыфікацыі недастатковы" "Уровень идентификации недостаточен" "The level of identification is too low"
        cure "Let the applicant sign in at the level that the procedure requires.";
    1404 FEE_DISAGREES "Плата не адпавядае каталогу" "Плата не соответствует каталогу" "The fee disagrees with the catalogue"
        cure "Ask the applicant for the fee of the catalogue on the day of submission.";
    1405 CASE_DECIDED "Па справе ўжо ёсць рашэнне" "По делу уже есть решение" "The case is decided already"
        cure "Correct a decision with one that names it in replaces.";
    1406 TOO_MANY "Занадта шмат для аднаго заказа" "Слишком много для одного заказа" "The order has too many of these"
        cure "Put documents together into fewer messages.";
    1407 STATE_FORBIDS "Стан справы гэтага не дазваляе" "Состояние дела этого не позволяет" "The state of the case does not allow it"
        cure "Look at the case or the payment first: kvit why.";
    1501 FILE_UNREADABLE "Файл не чытаецца" "Файл не читается" "The file cannot be read in its format"
        cure "Send the file as the bank made it, in the format that the feed is set to.";
    1502 FILE_TOTALS_DISAGREE "Кантрольныя сумы файла не сыходзяцца" "Контрольные суммы файла не сходятся" "The file's control totals disagree with its rows"
        cure "Send the complete file again, or have the operator set the feed to warn only.";
    1503 FILE_NOT_OURS "Файл іншага рахунку або паслугі" "Файл другого счёта или услуги" "The file is for another account, taxpayer or service"
        cure "Send the file to the feed of its account.";
    1504 FILE_CONFLICT "Гэты файл вядомы з іншым зместам" "Этот файл известен с другим содержимым" "The statement is known with other content"
        cure "Give a corrected statement its own number.";
    1505 FILE_NAME_MISSING "Няма імя файла" "Нет имени файла" "The file has no name"
        cure "Set the header kvit-file-name.";
    1511 ROW_UNREADABLE "Радок не чытаецца" "Строка не читается" "A row of a file cannot be read"
        cure "Have the bank correct the row and send it in a new file.";
    1601 DEAD_LETTERED "Брокер адмовіўся дастаўляць" "Брокер отказался доставлять" "The broker gave up delivering the message"
        cure "Look at why deliveries failed, then have the message sent again.";
    1701 DEFECT "Памылка kvit" "Ошибка kvit" "Kvit failed on this message"
        cure "Nothing is wrong with the message: the operators have it; send it again after the update.";
}

impl Code {
    /// What the code means, in the three languages of those who read it.
    pub fn title(self) -> Localized {
        let [be, ru, en, _] = self.texts();
        Localized { be: be.to_owned(), ru: ru.to_owned(), en: en.to_owned() }
    }

    /// What the sender, or the operator, can do.
    pub fn cure(self) -> &'static str {
        self.texts()[3]
    }

    /// True when the message contradicts what was applied before, rather than being wrong.
    pub fn is_conflict(self) -> bool {
        (1200..1300).contains(&self.0) || self == Self::FILE_CONFLICT
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// No such code exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such code exists")]
pub struct UnknownCode;

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

crate::text::serde_by_text!(Code, "Code", { "type": "string", "pattern": "^KV[0-9]{4}$" });
