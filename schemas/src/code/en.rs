//! What the codes say in English.

use super::Texts;

/// Title, cause and cure of a code.
pub(super) const TEXTS: &[(u16, Texts)] = &[
    (
        1001,
        Texts {
            title: "The message is too large",
            cause: "The body has more bytes than the limit, before or after decompression.",
            cure: "Send less than the limit, or put large files into the feed's drop folder.",
        },
    ),
    (
        1002,
        Texts {
            title: "The sender is not known",
            cause: "The message has no user_id, or no party has that broker user.",
            cure: "Set the AMQP property user_id to your broker user, and have the operator map that user to your party.",
        },
    ),
    (
        1003,
        Texts {
            title: "The message id is missing or not valid",
            cause: "message_id is absent, empty, longer than 128 characters, or not visible ASCII.",
            cure: "Set message_id to 1 to 128 visible ASCII characters, unique per message.",
        },
    ),
    (
        1004,
        Texts {
            title: "The message type is not known",
            cause: "The type is absent, or none of the contract's types with a version.",
            cure: "Set the AMQP property type to one of the contract's types, with its version.",
        },
    ),
    (
        1005,
        Texts {
            title: "The content type is not supported",
            cause: "content_type, or datacontenttype of an event, names a format that is not read.",
            cure: "Send application/json, application/xml or application/cloudevents+json.",
        },
    ),
    (
        1006,
        Texts {
            title: "The content encoding is not supported or damaged",
            cause: "content_encoding is not gzip, or the body is no complete gzip data, or something follows it.",
            cure: "Send the body plain or compressed with gzip, and nothing after it.",
        },
    ),
    (
        1007,
        Texts {
            title: "This party does not send this type",
            cause: "The type belongs to another kind of party or to another exchange.",
            cure: "Send the type from the kind of party it belongs to, to that kind's exchange.",
        },
    ),
    (
        1008,
        Texts {
            title: "The routing key disagrees with the message",
            cause: "The routing key names another type, feed or agency than the message and its sender.",
            cure: "Use the routing key that the contract gives for the message and the sender.",
        },
    ),
    (
        1009,
        Texts {
            title: "The envelope disagrees with the body",
            cause: "The XML root is not that of the type, or an event's id, type or subject is not that of the properties or the data.",
            cure: "Say the same in the AMQP properties, the event's attributes and the body.",
        },
    ),
    (
        1101,
        Texts {
            title: "The body cannot be read",
            cause: "The body is not well-formed in its format, not in its charset, begins with a byte-order mark, or has a document type.",
            cure: "Send well-formed JSON in UTF-8 or XML in the encoding it declares, without a byte-order mark.",
        },
    ),
    (
        1102,
        Texts {
            title: "The body is nested too deeply or has too many parts",
            cause: "There are more levels, elements or attributes than are read.",
            cure: "Keep arrays, objects and elements within 32 levels.",
        },
    ),
    (
        1103,
        Texts {
            title: "A field stands twice",
            cause: "One object has the same key twice, or an element that is no list is repeated.",
            cure: "Write each field once.",
        },
    ),
    (
        1104,
        Texts {
            title: "A text holds a control character",
            cause: "A text has a character that is not allowed there, such as a line end in a name.",
            cure: "Remove control characters; line ends and tabs are allowed only in longer texts.",
        },
    ),
    (
        1105,
        Texts {
            title: "A field is not known",
            cause: "The message has no field of that name at that place.",
            cure: "Remove the field or correct its name; own data goes into extensions.",
        },
    ),
    (
        1106,
        Texts {
            title: "A required field is missing",
            cause: "The field is absent or null.",
            cure: "Add the field.",
        },
    ),
    (
        1107,
        Texts {
            title: "A field's value is not valid",
            cause: "The value is of another kind, length or alphabet than the schema says.",
            cure: "Write the value as the schema of the message says.",
        },
    ),
    (
        1108,
        Texts {
            title: "The order code is malformed",
            cause: "The order code is not a string of exactly 30 digits.",
            cure: "Send exactly 30 digits as a string; put a damaged code of a payment into purpose.",
        },
    ),
    (
        1109,
        Texts {
            title: "An amount is malformed",
            cause: "The amount has other digits than its currency, the currency does not exist, or withheld does not fit amount.",
            cure: "Write the amount as a decimal string with exactly the currency's minor digits.",
        },
    ),
    (
        1110,
        Texts {
            title: "A payment of nothing",
            cause: "The amount of the payment is zero.",
            cure: "Report only payments of more than nothing.",
        },
    ),
    (
        1111,
        Texts {
            title: "A time lies more than a day in the future",
            cause: "The time at which the message says it happened is ahead of kvit's clock by more than a day.",
            cure: "Correct the clock or the time zone of the sender.",
        },
    ),
    (
        1112,
        Texts {
            title: "A document disagrees with its description",
            cause: "size or sha256 are not those of the bytes in content.",
            cure: "Send size and sha256 of the very bytes in content.",
        },
    ),
    (
        1113,
        Texts {
            title: "A document is not described as it must be",
            cause: "Both or none of content and url are given, sha256 is no SHA-256, or url is not https on an agreed host.",
            cure: "Give exactly one of content and url; url is https on a host agreed for your party.",
        },
    ),
    (
        1201,
        Texts {
            title: "The message id was used for other content",
            cause: "A message with this message_id and other content was applied before.",
            cure: "Give every new content its own message_id.",
        },
    ),
    (
        1202,
        Texts {
            title: "The order code has another application",
            cause: "An application with this order code and other content was applied before.",
            cure: "Form a new order code for a new application.",
        },
    ),
    (
        1203,
        Texts {
            title: "The payment is known with other values",
            cause: "The payment_id of this feed was reported with another amount, currency or order code.",
            cure: "Report the same amount, currency and order code under the same payment_id.",
        },
    ),
    (
        1204,
        Texts {
            title: "The decision is known with other content",
            cause: "The decision_id of this order was applied with other content.",
            cure: "Give a correction its own decision_id and name the current one in replaces.",
        },
    ),
    (
        1205,
        Texts {
            title: "Another decision is the current one",
            cause: "The case has a decision, and replaces does not name it.",
            cure: "Name the current decision in replaces.",
        },
    ),
    (
        1206,
        Texts {
            title: "The request is known with other content",
            cause: "The request_id of this order was applied with other content.",
            cure: "Give every request for documents its own request_id.",
        },
    ),
    (
        1301,
        Texts {
            title: "The feed is not this bank's",
            cause: "The settings give the feed to another bank, or do not know it.",
            cure: "Report only for feeds that the settings give to your bank.",
        },
    ),
    (
        1302,
        Texts {
            title: "The feed may not assert this state",
            cause: "The settings do not let the feed say credited or reversed.",
            cure: "Have the operator allow the state for the feed, or report it through the feed that may.",
        },
    ),
    (
        1303,
        Texts {
            title: "The order is not known or not yours",
            cause: "Nobody submitted the order, another portal did, or it is assigned to another agency.",
            cure: "Act only on orders that you submitted, or that were assigned to you.",
        },
    ),
    (
        1304,
        Texts {
            title: "The decision is not known",
            cause: "The decision_id was never published for this order.",
            cure: "Acknowledge a decision after it was published to you.",
        },
    ),
    (
        1401,
        Texts {
            title: "The procedure is not known",
            cause: "The catalogue has no procedure with this code.",
            cure: "Use a procedure code of the catalogue.",
        },
    ),
    (
        1402,
        Texts {
            title: "No agency is responsible there",
            cause: "The catalogue routes the procedure to no agency in this region or locality, or not to the one that an operator named.",
            cure: "Correct the region, or have the operator add a route to the catalogue.",
        },
    ),
    (
        1403,
        Texts {
            title: "The level of identification is too low",
            cause: "The procedure needs a higher level, or this kind of applicant cannot have the level given.",
            cure: "Let the applicant sign in at the level that the procedure requires.",
        },
    ),
    (
        1404,
        Texts {
            title: "The fee disagrees with the catalogue",
            cause: "The fee is not the catalogue's on the day of submission, or does not fit the exemption.",
            cure: "Ask the applicant for the fee of the catalogue on the day of submission.",
        },
    ),
    (
        1405,
        Texts {
            title: "The case is decided already",
            cause: "The message would change a case that has a decision.",
            cure: "Correct a decision with one that names it in replaces.",
        },
    ),
    (
        1406,
        Texts {
            title: "The order has too many of these",
            cause: "The order has as many receipts, documents, requests or payments as are kept for one.",
            cure: "Put documents together into fewer messages.",
        },
    ),
    (
        1407,
        Texts {
            title: "The state of the case does not allow it",
            cause: "An operator's act does not fit the case or the payment as it stands.",
            cure: "Look at the case or the payment first: kvit why.",
        },
    ),
    (
        1408,
        Texts {
            title: "The procedure is not open to this kind of applicant",
            cause: "The catalogue does not list the kind of applicant for the procedure.",
            cure: "Let the applicant choose a procedure that the catalogue opens to their kind.",
        },
    ),
    (
        1501,
        Texts {
            title: "The file cannot be read in its format",
            cause: "The file is empty, of another format than the feed's, or damaged at its beginning.",
            cure: "Send the file as the bank made it, in the format that the feed is set to.",
        },
    ),
    (
        1502,
        Texts {
            title: "The file's control totals disagree with its rows",
            cause: "The number or the sum of the rows is not what the file says of itself.",
            cure: "Send the complete file again, or have the operator set the feed to warn only.",
        },
    ),
    (
        1503,
        Texts {
            title: "The file is for another account, taxpayer or service",
            cause: "The file names an account, UNP or service that is not the feed's.",
            cure: "Send the file to the feed of its account.",
        },
    ),
    (
        1504,
        Texts {
            title: "The statement is known with other content",
            cause: "A file with the same identity and other bytes was applied before.",
            cure: "Give a corrected statement its own number.",
        },
    ),
    (
        1505,
        Texts {
            title: "The file has no name",
            cause: "The header kvit-file-name is absent.",
            cure: "Set the header kvit-file-name.",
        },
    ),
    (
        1511,
        Texts {
            title: "A row of a file cannot be read",
            cause: "A field of the row is missing or not of its kind.",
            cure: "Have the bank correct the row and send it in a new file.",
        },
    ),
    (
        1601,
        Texts {
            title: "The broker gave up delivering the message",
            cause: "The message was delivered more often than the queue's limit, or expired there.",
            cure: "Look at why deliveries failed, then have the message sent again.",
        },
    ),
    (
        1701,
        Texts {
            title: "Kvit failed on this message",
            cause: "Kvit met its own bug while it looked at the message.",
            cure: "Nothing is wrong with the message: the operators have it; send it again after the update.",
        },
    ),
];
