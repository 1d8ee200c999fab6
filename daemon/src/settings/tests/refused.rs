//! Settings that are refused, and those that only deserve a look.

use super::*;

#[test]
fn a_mistyped_key_is_refused_with_the_nearest_one() {
    check_error(
        "[brokr]
         url = 'amqp://user:hunter2@host/'
         [broker]
         prefetsh = 1
         pasword_file = 'hunter2'
         colour = 'red'
         [feeds._]
         rnak = 1
         [feeds.erip]
         format = 'erip'
         bank = 'erip'
         setles = []
         [banks.erip]
         user = ['erip']
         [portal.epasluga]",
        expect![[r#"
            kvit.toml: broker.colour is no setting
            kvit.toml: broker.pasword_file is no setting; did you mean password_file?
            kvit.toml: broker.prefetsh is no setting; did you mean prefetch?
            kvit.toml: banks.erip.user is no setting; did you mean users?
            kvit.toml: feeds._.rnak is no setting; did you mean rank?
            kvit.toml: feeds.erip.setles is no setting; did you mean settles?
            kvit.toml: brokr is no setting; did you mean broker?
            kvit.toml: portal is no setting; did you mean portals?"#]],
    );
}

#[test]
fn everything_wrong_is_told_at_once_and_with_its_layer() {
    let machine = Machine::new()
        .file(
            "kvit.toml",
            "[broker]
             prefetch = 70000
             declare = 'true'
             url = 'http://user:hunter2@host/'
             [store]
             kind = 'postgres'
             path = ''
             [feeds.Big]
             format = 'pain'
             [feeds.a]
             bank = 'nobody'
             settles = ['b', 'c']
             account = 'by36'
             asserts = ['paid']
             [portals._]
             content_type = 'text/xml'
             [portals.a]
             [portals.b]
             [schedule]
             expiry = '0 */5 * * * *'
             [log]
             filter = 'info,=,='
             [operators.ivan]
             uid = -2
             roles = 'viewer'
             [fees]
             base_value_day = 'paid'",
        )
        .file("conf.d/a.toml", "health = true\nadmin.listen = '0.0.0.0'")
        .variable("KVIT__PIPELINE__BATCH_MESSAGES_MAX", "many")
        .variable("KVIT__LIMITS", "none")
        .variable("KVIT__DEDUPE__KEEP__DAYS", "30")
        .argument("shutdown.grace_seconds", "0")
        .argument("what ever", "0");
    expect![[r#"
        kvit.toml: broker.url must be amqp://user@host:port/virtual-host; this does not begin with amqp:// or amqps://
        kvit.toml: broker.declare must be true or false, is "true"
        kvit.toml: broker.prefetch must be a whole number from 1 to 65535, is 70000
        environment (KVIT__LIMITS): limits must be a table
        environment (KVIT__PIPELINE__BATCH_MESSAGES_MAX): pipeline.batch_messages_max must be a whole number from 1 to 4096, is "many"
        kvit.toml: store.kind must be one of sled, is "postgres"; this version keeps records in sled only
        kvit.toml: store.path must be a path, is empty
        kvit.toml: portals._.content_type must be one of application/json, application/xml, application/cloudevents+json, is "text/xml"
        kvit.toml: feeds.Big.bank must be set: it has no default
        kvit.toml: feeds.Big.format must be one of erip, client_bank, camt, 1c, mt940, table, messages, is "pain"
        kvit.toml: feeds.Big is no id: an id is 1 to 40 of a-z, 0-9 and -, not beginning with -
        kvit.toml: feeds.a.format must be set: it has no default
        kvit.toml: feeds.a.asserts must be one of failed, accepted, credited, reversed, is "paid"
        kvit.toml: feeds.a.account must be an IBAN, 15 to 34 of A-Z and 0-9 without blanks, is "by36"
        kvit.toml: operators.ivan.uid must be a whole number from -1 to 4294967295, is -2
        kvit.toml: operators.ivan.roles must be a list of texts, is "viewer"
        kvit.toml: fees.base_value_day must be one of submitted, is "paid"; this version counts by the day of the application only
        kvit.toml: schedule.expiry must have 5 fields: minute, hour, day of month, month, day of week; has 6
        environment (KVIT__DEDUPE__KEEP): dedupe.keep is no setting
        conf.d/a.toml: admin.listen must be an address like 127.0.0.1:9465, is "0.0.0.0"
        conf.d/a.toml: health must be a table
        command line: shutdown.grace_seconds must be a whole number from 1 to 600, is 0
        kvit.toml: log.filter must be a level, or targets with levels; "info,=,=": invalid filter directive
        command line: what ever is no setting
        kvit.toml: feeds.a.bank names "nobody", which is not among the banks
        kvit.toml: feeds.a.settles names "b", which is not among the feeds
        kvit.toml: feeds.a.settles names "c", which is not among the feeds"#]].assert_eq(&machine.error());
}

#[test]
fn broken_toml_is_told_by_line_and_without_its_text() {
    let machine = Machine::new()
        .file("kvit.toml", "[broker]\nurl = amqp://user:hunter2@host/\n")
        .file("conf.d/a.toml", "a = 1\na = 'hunter2'")
        .file("conf.d/b.toml", "a = 99999999999999999999999999")
        .file("conf.d/c.toml", "[broker]\nurl = 'amqp://user:hunter2@host/")
        .file("conf.d/d.toml", "b = \"hunter2\\q\"");
    expect![[r#"
        kvit.toml: line 2, column 7: string values must be quoted, expected literal string
        conf.d/a.toml: line 2, column 1: duplicate key
        conf.d/b.toml: has a number that is too large
        conf.d/c.toml: line 2, column 33: invalid literal string, expected `'`
        conf.d/d.toml: line 1, column 14: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\`, `"`, `x`, `u`, `U`"#]].assert_eq(&machine.error());
}

#[test]
fn keys_that_do_not_go_together_are_refused() {
    check_error(
        "[limits]
         message_bytes_max = 2_097_152
         [portals.epasluga]
         users = ['one']
         [agencies.gai]
         users = ['one', 'two']
         [banks.erip]
         users = ['two']
         [feeds.a]
         format = 'erip'
         bank = 'nobody'
         settles = ['b', 'gone']
         [feeds.b]
         format = 'erip'
         bank = 'erip'
         settles = ['c']
         [feeds.c]
         format = 'erip'
         bank = 'erip'
         settles = ['b']
         [operators.ivan]
         uid = 7
         [operators.maria]
         uid = 7",
        expect![[r#"
            kvit.toml: limits.message_bytes_max is above limits.quarantine_body_bytes_max, 1048576: raise both
            kvit.toml: agencies.gai.users has "one", who speaks for portal epasluga already
            kvit.toml: agencies.gai.users has "two", who speaks for bank erip already
            kvit.toml: feeds.a.bank names "nobody", which is not among the banks
            kvit.toml: feeds.a.settles names "gone", which is not among the feeds
            kvit.toml: feeds.b.settles runs in a circle: b, c, b
            kvit.toml: operators.maria.uid is 7, as of ivan"#]],
    );
}

#[test]
fn a_problem_is_told_once_and_not_in_its_consequences() {
    check_error(
        "[banks.erip]
         [feeds._]
         format = 'erip'
         bank = 'erip'
         [feeds.a]
         settles = ['b']
         [feeds.b]
         bank = 'NO'
         service = ['1', 'x', '']",
        expect![[r#"
            kvit.toml: feeds.b.bank has "NO": an id is 1 to 40 of a-z, 0-9 and -, not beginning with -
            kvit.toml: feeds.b.service must hold ERIP service numbers, 1 to 20 digits each, has "x"; must hold ERIP service numbers, 1 to 20 digits each, has """#]],
    );
}

#[test]
fn a_feed_cannot_settle_itself() {
    check_error(
        "[banks.erip]
         [feeds.a]
         format = 'erip'
         bank = 'erip'
         settles = ['a']",
        expect!["kvit.toml: feeds.a.settles runs in a circle: a, a"],
    );
}

#[test]
fn what_works_but_deserves_a_look_is_a_warning() {
    let machine = Machine::new().file(
        "kvit.toml",
        "[broker]
         prefetch = 600
         [banks.bank]
         [feeds.bank]
         format = 'client_bank'
         bank = 'bank'
         account = 'BY36AKBB36029170100080000001'
         [feeds.today]
         format = 'camt'
         bank = 'bank'
         [feeds.later]
         format = 'camt'
         bank = 'bank'
         settles = ['today']",
    );
    expect![[r#"
        kvit.toml: broker.prefetch times limits.message_bytes_max is 600 MiB of memory for each queue, at worst
        kvit.toml: banks.bank.users is empty: nobody can speak for bank bank
        kvit.toml: feeds.bank.account has check digits that do not fit
        kvit.toml: feeds.later.settles does not name feed bank, of the same bank, nor the other way round: money in files of both counts twice where ERIP has no number for it
        kvit.toml: feeds.today.settles does not name feed bank, of the same bank, nor the other way round: money in files of both counts twice where ERIP has no number for it"#]].assert_eq(&machine.warnings());
}
