//! Words by which banks of several countries name columns, rows and states.

/// What a column may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Date,
    Time,
    Amount,
    Credit,
    Debit,
    Direction,
    Currency,
    State,
    PayerName,
    PayerId,
    PayerAccount,
    Account,
    Purpose,
    BankReference,
    EndToEnd,
    Creditor,
    BankDocument,
    PersonalAccount,
    /// A balance or another value that is not read.
    Other,
}

/// The words of each role in lower case, the most telling first, with `|` between them.
const NAMES: [(Role, &str); 19] = [
    (
        Role::Date,
        "дата проводки|дата операции|дата аперацыі|дата праводкі|дата операції|booking date|\
         posting date|buchungstag|buchungsdatum|data księgowania|data operacji|datum zaúčtování|\
         transaction date|completed date|data transakcji|дата платежа|дата плацяжу|\
         дата документа|wertstellung|date comptable|data contabile|date|дата|datum|data|fecha",
    ),
    (Role::Time, "время|час|time|uhrzeit|godzina"),
    (
        Role::Amount,
        "сумма операции|сумма платежа|сумма|сума|transaction amount|amount|betrag|kwota operacji|\
         kwota transakcji|kwota|částka|montant|importe|importo|suma",
    ),
    (
        Role::Credit,
        "сумма по кредиту|кредит|крэдыт|приход|прыход|поступление|поступило|зачислено|\
         credit amount|credit|paid in|money in|deposits|deposit|haben|gutschrift|uznania|uznanie|\
         wpływy|crédit",
    ),
    (
        Role::Debit,
        "сумма по дебету|дебет|дэбет|расход|выдатак|списание|списано|debit amount|debit|paid out|\
         money out|withdrawals|withdrawal|soll|belastung|obciążenia|obciążenie|wydatki|débit",
    ),
    (
        Role::Direction,
        "дебет/кредит|приход/расход|дт/кт|д/к|debit/credit|credit/debit|soll/haben|s/h|d/c|dr/cr|\
         cr/dr|dc|направление|вид операции|тип операции|direction|transaction type|type|typ|\
         kennzeichen",
    ),
    (Role::Currency, "код валюты|валюта|currency|ccy|währung|waehrung|waluta|měna|devise"),
    (Role::State, "статус|состояние|стан|status|state|info"),
    (
        Role::PayerName,
        "наименование плательщика|наименование корреспондента|наименование контрагента|\
         плательщик|корреспондент|контрагент|отправитель|плацельшчык|карэспандэнт|payer name|\
         payer|counterparty name|counterparty|sender|remitter|partner name|\
         beguenstigter/zahlungspflichtiger|zahlungspflichtige|auftraggeber|nadawca/odbiorca|\
         nadawca|kontrahent|dane kontrahenta|фио|name",
    ),
    (Role::PayerId, "унп|унн|инн|учетный номер|unp|unn|inn|tax id|nip"),
    (
        Role::PayerAccount,
        "счет плательщика|счет корреспондента|счет контрагента|рахунак плацельшчыка|корр счет|\
         counterparty account|counterparty iban|payer account|payer iban|kontonummer/iban|\
         kontonummer|numer konta|numer rachunku|rachunek kontrahenta|iban|счет|рахунак",
    ),
    (
        Role::Account,
        "наш счет|счет клиента|auftragskonto|our account|account iban|account number|account|\
         konto|rachunek",
    ),
    (
        Role::Purpose,
        "назначение платежа|назначение|прызначэнне плацяжу|прызначэнне|содержание операции|\
         содержание|описание операции|описание|апісанне|payment details|remittance information|\
         purpose|description|details|narrative|memo|verwendungszweck|tytuł operacji|tytułem|\
         tytuł|opis operacji|opis transakcji|opis|buchungstext|libellé|concepto|causale|\
         примечание|комментарий",
    ),
    (
        Role::BankReference,
        "референс операции|референс|идентификатор операции|ид операции|id операции|\
         номер операции|transaction id|transaction reference|bank reference|reference number|\
         reference|referenz|umsatz-id|id transakcji|numer transakcji|numer referencyjny|ref",
    ),
    (
        Role::EndToEnd,
        "kundenreferenz (end-to-end)|end-to-end|end to end|endtoend|kundenreferenz|e2e",
    ),
    (
        Role::Creditor,
        "код заказа|номер заказа|код заявления|номер заявления|код платежа|уин|код замовы|\
         order code|order number|structured reference|payment reference|creditor reference|\
         kassenzeichen|variabilní symbol",
    ),
    (
        Role::BankDocument,
        "номер документа|№ документа|№ док|номер док|нумар дакумента|номер платежного поручения|\
         номер пп|document number|doc no|document|belegnummer|numer dokumentu|номер",
    ),
    (
        Role::PersonalAccount,
        "лицевой счет|номер лицевого счета|асабовы рахунак|personal account|номер абонента",
    ),
    (
        Role::Other,
        "остаток|сальдо|рэштка|баланс|running balance|balance|saldo|kontostand|№ п/п|комиссия|\
         fee|bic|бик|мфо|value date|дата валютирования|data waluty|valuta|valutadatum|\
         started date",
    ),
];

/// Rows of totals and balances, by how their first value begins.
pub(super) const TOTALS: &str = "итого|всего|итог|усяго|разам|total|summe|razem|обороты|gesamt";
pub(super) const OPENINGS: &str = "входящий остаток|входящее сальдо|остаток на начало|сальдо на начало|уваходны астатак|\
     opening balance|anfangssaldo|saldo początkowe|#saldo początkowe";
pub(super) const CLOSINGS: &str = "исходящий остаток|исходящее сальдо|остаток на конец|сальдо на конец|выходны астатак|\
     closing balance|endsaldo|kontostand|saldo końcowe|#saldo końcowe";

pub(super) const CREDIT_WORDS: &str = "c|cr|crdt|credit|кредит|крэдыт|к|кт|h|haben|+|in|приход|прыход|поступление|uznanie|\
     зачисление";
pub(super) const DEBIT_WORDS: &str =
    "d|dr|dbit|debit|дебет|дэбет|д|дт|s|soll|-|out|расход|выдатак|списание|obciążenie";
pub(super) const CREDITED_WORDS: &str = "исполнен|исполнено|проведен|проведено|зачислено|выполнено|ok|completed|complete|booked|\
     posted|settled|success|gebucht|umsatz gebucht|zaksięgowana|rozliczono";
pub(super) const ACCEPTED_WORDS: &str =
    "в обработке|ожидает|pending|processing|authorized|vorgemerkt|umsatz vorgemerkt|oczekująca";
pub(super) const REVERSED_WORDS: &str = "reverted|reversed|возвращено|возвращен|storniert";
pub(super) const INFORMATION_WORDS: &str =
    "failed|declined|canceled|cancelled|rejected|отклонен|отклонено|отменен|отменено|abgelehnt";

/// The name as it is compared: without case, signs around, `ё`, and what stands in brackets.
pub(super) fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace('ё', "е");
    let name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '№');
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How much speaks for a role of a column with such a name: whole names before their beginnings,
/// and those before words inside.
pub(super) fn named(name: &str) -> Vec<(Role, usize)> {
    let name = plain(name);
    if name.is_empty() {
        return Vec::new();
    }
    let weigh = |(at, word): (usize, &str)| {
        let place = 60_usize.saturating_sub(at);
        let bounded =
            |rest: Option<&str>| rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        if name == word {
            Some(1000 + place)
        } else if bounded(name.strip_prefix(word)) {
            Some(500 + place + word.chars().count())
        } else if word.chars().count() >= 4 && name.contains(word) {
            Some(100 + place + word.chars().count())
        } else {
            None
        }
    };
    let best = |(role, words): &(Role, &str)| {
        Some((*role, words.split('|').enumerate().filter_map(weigh).max()?))
    };
    NAMES.iter().filter_map(best).collect()
}

/// The text is one of the words.
pub(super) fn is_one(words: &str, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    words.split('|').any(|word| word == text)
}

/// The text begins with one of the words.
pub(super) fn begins(words: &'static str, text: &str) -> Option<&'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    words.split('|').find(|word| text.starts_with(word))
}
