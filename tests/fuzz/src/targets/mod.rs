//! The decoders, and what holds for each.

mod admin;
mod config;
mod delivery;
mod feeds;
mod frames;
mod messages;
mod stored;
mod tables;
mod values;

use crate::{Memory, Target};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Of what is read as a whole and checked while it is read.
const BODY: Memory = Memory { fixed: 256 * KIB, per_byte: 64 };
/// Of what is read piece by piece.
const STREAM: Memory = Memory { fixed: MIB, per_byte: 8 };

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "1e999",
    "-0",
    "\\u0000",
    "\\ud800",
    "\"\"",
    "\"order_code\"",
    "\"amount\"",
    "\"currency\"",
    "\"BYN\"",
    "0.00",
    "NaN",
    "\"0000-00-00\"",
    "\"9999999-12-31T00:00:00Z\"",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];
const XML: &[&str] = &[
    "<",
    "/>",
    "</",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY b \"b\">]>",
    "&b;",
    "&#0;",
    "&#x1F4B0;",
    "&lt;",
    "xmlns=\"urn:kvit:v1\"",
    "<order_code>",
    "</order_code>",
    "<!--",
    "-->",
    "<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
    "<?a b?>",
    "<attachments>",
];
const ERIP: &[&str] = &["^", "\r\n", "5^", "1^", "20260401080000", "999999999999.99", "3,10", "^^"];
const CAMT: &[&str] = &[
    "<Ntry>",
    "</Ntry>",
    "<TxDtls>",
    "</TxDtls>",
    "<NtryDtls>",
    "</Stmt>",
    "<Amt Ccy=\"BYN\">1.00</Amt>",
    "<CdtDbtInd>DBIT</CdtDbtInd>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&amp;",
    "&#0;",
    "&b;",
    "<!DOCTYPE a>",
    "<a b='c'/>",
    " Ccy=\"XXX\"",
    "</Document>",
    "<BkToCstmrStmt>",
];
const BANK: &[&str] = &[
    "^Acc=",
    "^DocDate=01.04.2026^\n",
    "^Num=1^\n",
    "^Credit=3.00^\n",
    "^Db=0.00^\n",
    "[IN_PARAM]",
    "[OUT_PARAM]",
    "^Nazn=",
    "^Nazn2=",
    "######\n",
    "^RestOut=",
    "^CR=",
    "^OpDate=",
    "***** ^Type=4^",
];
const ONEC: &[&str] = &[
    "1CClientBankExchange\r\n",
    "РасчСчет=40702810000000000001\r\n",
    "СекцияРасчСчет\r\n",
    "КонецРасчСчет\r\n",
    "СекцияДокумент=x\r\n",
    "КонецДокумента\r\n",
    "КонецФайла\r\n",
    "Сумма=1 052,98\r\n",
    "ДатаПоступило=01.04.2026\r\n",
    "ДатаСписано=",
    "НазначениеПлатежа=",
    "НазначениеПлатежа2=",
    "Код=",
    "Валюта=",
    "=",
];
const MT940: &[&str] = &[
    "\r\n:20:",
    "\r\n:25:",
    "\r\n:28C:",
    "\r\n:60F:C260401BYN1,00\r\n",
    "\r\n:60M:",
    "\r\n:61:2604010401C5,00NTRFNONREF//BANK000001\r\n",
    "\r\n:86:",
    "\r\n:62F:C260401BYN6,00\r\n",
    "\r\n:34F:BYN0,\r\n",
    "\r\n:90C:1BYN5,00\r\n",
    "\r\n:NS:01",
    "\r\n-\r\n",
    "{1:F01A}{2:I940B}{4:",
    "-}",
    "?20",
    "?32",
    "EREF+",
    "SVWZ+",
    "/REMI/",
    "//",
    "RC",
];
const TABLE: &[&str] = &[
    ";",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "date;credit;debit;ref;text;more\n",
    "01.04.2026",
    "20260401",
    "1 234,50",
    "-5,00",
    "total",
    "opening",
    "closing",
    "end\n",
    "BYN",
    "|C|ok|",
    "'",
    "\t",
];
const TEXTS: &[&str] =
    &[" ", "-", "\u{2013}", "\n", "000000000000000000000000000017", "10000000000", "\u{660}", "A"];
const VALUES: &[&str] =
    &["BYN", "JPY", "45.00", "-1", "1e3", "2026-02-30", "T24:00:00Z", "+03:00", "23:59:60", "9999"];
const TOML: &[&str] = &[
    "[",
    "]",
    "=",
    "\"",
    "'''",
    "\n",
    "[[a]]",
    "{",
    "}",
    "1e400",
    "0x",
    "9223372036854775808",
    "1979-05-27",
    "a.b.c.d",
    "*/5 * * * *",
    "inf",
    "nan",
    "_",
];
const HTTP: &[&str] = &[
    "GET ",
    "POST ",
    " HTTP/1.1\r\n",
    "\r\n\r\n",
    "host: a\r\n",
    "content-length: 5\r\n",
    "%00",
    "transfer-encoding: chunked\r\n",
    "%ff",
    "../",
    "?limit=",
    "&after=",
    "expect: 100-continue\r\n",
    "content-type: application/json\r\n",
    "18446744073709551616",
    "0\r\n\r\n",
    "/v1/",
    "?q=",
];
const HEADS: &[&str] = &[
    "queue portal.in\n",
    "queue bank.files\n",
    "encoding gzip\n",
    "type application/xml; charset=koi8-r\n",
    "user erip\n",
    "key erip.file\n",
    "file a\n",
    "header traceparent=00-\n",
    "id x\n",
];

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { words: JSON, ..body("json", messages::json) },
    Target { words: XML, ..body("xml", messages::xml) },
    Target { words: JSON, ..body("event", messages::event) },
    Target { words: HEADS, memory: STREAM, ..body("delivery", delivery::run) },
    Target { memory: STREAM, ..body("frames", frames::run) },
    Target { words: ERIP, memory: STREAM, ..body("erip", feeds::erip) },
    Target { words: BANK, memory: STREAM, ..body("client-bank", feeds::client_bank) },
    Target { words: ONEC, memory: STREAM, ..body("1c", feeds::onec) },
    Target { words: MT940, memory: STREAM, ..body("mt940", feeds::mt940) },
    Target { words: CAMT, memory: STREAM, ..body("camt", feeds::camt) },
    Target { words: TABLE, memory: STREAM, ..body("table", tables::rows) },
    Target { words: TABLE, memory: SAMPLE, runs: 1_000, ..body("mapping", tables::mapping) },
    Target { words: TEXTS, memory: STREAM, ..body("charset", feeds::charset) },
    Target { words: TEXTS, ..body("codes", values::codes) },
    Target { words: VALUES, ..body("values", values::texts) },
    Target { memory: LISTS, ..body("records", stored::records) },
    Target { memory: STREAM, ..body("export", stored::export) },
    Target { words: TOML, memory: TREE, runs: 2_000, ..body("settings", config::settings) },
    Target { words: TOML, memory: TREE, ..body("catalogue", config::catalogue) },
    Target { words: HTTP, memory: SERVER, runs: 5_000, ..body("admin", admin::run) },
];

/// A mapping is proposed by all cells of a sample together, which has a mebibyte at most.
const SAMPLE: Memory = Memory { fixed: MIB, per_byte: 128 };
/// For a list whose length is announced, serde makes room for a mebibyte at most before it reads
/// any item; records have lists in lists.
const LISTS: Memory = Memory { fixed: 4 * MIB, per_byte: 64 };
/// Settings and catalogue: trees with the place of each value, and all that is wrong with them.
const TREE: Memory = Memory { fixed: 4 * MIB, per_byte: 4 * KIB };
/// A whole daemon, whose store keeps what is done.
const SERVER: Memory = Memory { fixed: 48 * MIB, per_byte: 64 };

const fn body(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, bytes_max: 16 * KIB, memory: BODY, runs: 20_000, words: &[] }
}
