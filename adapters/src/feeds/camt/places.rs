//! Where in a message an element stands, as far as that matters here: `Ntry/Amt` is another place
//! than `Bal/Amt`. Names are those of camt.052, .053 and .054 in all versions; what is not listed
//! is skipped with all it holds.

/// A place in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Around the message: envelope, application header, `Document`.
    Outside,
    /// `BkToCstmrAcctRpt`, `BkToCstmrStmt` or `BkToCstmrDbtCdtNtfctn`.
    Message,
    /// Of no interest, and all in it.
    Skipped,
    /// `GrpHdr`.
    Header,
    HeaderPages,
    StatementPages,
    /// `Rpt`, `Stmt` or `Ntfctn`.
    Statement,
    Account,
    AccountId,
    AccountOther,
    Balance,
    BalanceType,
    Summary,
    SummaryAll,
    SummaryCredits,
    SummaryDebits,
    Entry,
    EntryCharges,
    Details,
    Transaction,
    References,
    Charges,
    AmountDetails,
    InstructedAmount,
    TransactionAmount,
    CounterValue,
    Parties,
    Debtor,
    DebtorParty,
    DebtorId,
    DebtorIdOther,
    DebtorIdScheme,
    UltimateDebtor,
    DebtorAccount,
    DebtorAccountId,
    CreditorAccount,
    CreditorAccountId,
    Remittance,
    Structured,
    ReferredDocument,
    CreditorReference,
    Dates,
    /// An element whose text is wanted.
    Text(Text),
}

/// The texts that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Statement(StatementText),
    Entry(EntryText),
    Transaction(TransactionText),
}

/// Of the message and of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatementText {
    MessageCreated,
    MessagePage,
    Id,
    Created,
    Page,
    Account,
    AccountCurrency,
    BalanceCode,
    BalanceAmount,
    BalanceIndicator,
    BalanceDay,
    AllCount,
    CreditCount,
    CreditSum,
    DebitCount,
    DebitSum,
}

/// Of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryText {
    Reference,
    Amount,
    Indicator,
    Reversal,
    Status,
    BookingDay,
    ValueDay,
    BankReference,
    Information,
    Charge,
    ChargesTotal,
}

/// Of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransactionText {
    BankReference,
    EndToEnd,
    TransactionId,
    InstructionId,
    Uetr,
    Amount,
    Indicator,
    InstructedAmount,
    TransactionAmount,
    /// What another currency is worth in the account's.
    CounterValue,
    DebtorName,
    UltimateDebtorName,
    DebtorId,
    DebtorIdScheme,
    DebtorAccount,
    CreditorAccount,
    /// `Ustrd`, `AddtlRmtInf`, `RfrdDocInf/Nb`, `AddtlTxInf`.
    Free,
    CreditorReference,
    AcceptedAt,
    Charge,
    ChargesTotal,
    /// `RtrInf`: it is there at all.
    Return,
}

impl Place {
    /// The place of the element `name` in this one.
    pub(super) fn child(self, name: &[u8]) -> Self {
        match self {
            Self::Outside | Self::Skipped => Self::Skipped,
            Self::Message
            | Self::Header
            | Self::HeaderPages
            | Self::Statement
            | Self::StatementPages
            | Self::Account
            | Self::AccountId
            | Self::AccountOther
            | Self::Balance
            | Self::BalanceType
            | Self::Summary
            | Self::SummaryAll
            | Self::SummaryCredits
            | Self::SummaryDebits => self.in_statement(name),
            Self::Entry
            | Self::EntryCharges
            | Self::Details
            | Self::Transaction
            | Self::References
            | Self::Charges => self.in_entry(name),
            Self::AmountDetails
            | Self::InstructedAmount
            | Self::TransactionAmount
            | Self::CounterValue
            | Self::Parties
            | Self::Debtor
            | Self::DebtorParty
            | Self::DebtorId
            | Self::DebtorIdOther
            | Self::DebtorIdScheme
            | Self::UltimateDebtor
            | Self::DebtorAccount
            | Self::DebtorAccountId
            | Self::CreditorAccount
            | Self::CreditorAccountId
            | Self::Remittance
            | Self::Structured
            | Self::ReferredDocument
            | Self::CreditorReference
            | Self::Dates => self.in_details(name),
            Self::Text(text) => text.child(name),
        }
    }

    fn in_statement(self, name: &[u8]) -> Self {
        use StatementText as S;
        match (self, name) {
            (Self::Message, b"GrpHdr") => Self::Header,
            (Self::Message, b"Stmt" | b"Rpt" | b"Ntfctn") => Self::Statement,
            (Self::Header, b"CreDtTm") => statement(S::MessageCreated),
            (Self::Header, b"MsgPgntn") => Self::HeaderPages,
            (Self::HeaderPages, b"PgNb") => statement(S::MessagePage),
            (Self::Statement, b"Ntry") => Self::Entry,
            (Self::Statement, b"Id") => statement(S::Id),
            (Self::Statement, b"CreDtTm") => statement(S::Created),
            (Self::Statement, b"StmtPgntn" | b"RptPgntn" | b"NtfctnPgntn") => Self::StatementPages,
            (Self::StatementPages, b"PgNb") => statement(S::Page),
            (Self::Statement, b"Acct") => Self::Account,
            (Self::Statement, b"Bal") => Self::Balance,
            (Self::Statement, b"TxsSummry") => Self::Summary,
            (Self::Account, b"Id") => Self::AccountId,
            (Self::Account, b"Ccy") => statement(S::AccountCurrency),
            (Self::AccountId, b"IBAN" | b"BBAN" | b"UPIC") => statement(S::Account),
            (Self::AccountId, b"Othr" | b"PrtryAcct") => Self::AccountOther,
            (Self::AccountOther, b"Id") => statement(S::Account),
            (Self::Balance, b"Tp") | (Self::BalanceType, b"CdOrPrtry") => Self::BalanceType,
            (Self::BalanceType, b"Cd") => statement(S::BalanceCode),
            (Self::Balance, b"Amt") => statement(S::BalanceAmount),
            (Self::Balance, b"CdtDbtInd") => statement(S::BalanceIndicator),
            (Self::Balance, b"Dt") => statement(S::BalanceDay),
            (Self::Summary, b"TtlNtries") => Self::SummaryAll,
            (Self::Summary, b"TtlCdtNtries") => Self::SummaryCredits,
            (Self::Summary, b"TtlDbtNtries") => Self::SummaryDebits,
            (Self::SummaryAll, b"NbOfNtries") => statement(S::AllCount),
            (Self::SummaryCredits, b"NbOfNtries") => statement(S::CreditCount),
            (Self::SummaryCredits, b"Sum") => statement(S::CreditSum),
            (Self::SummaryDebits, b"NbOfNtries") => statement(S::DebitCount),
            (Self::SummaryDebits, b"Sum") => statement(S::DebitSum),
            _ => Self::Skipped,
        }
    }

    fn in_entry(self, name: &[u8]) -> Self {
        use {EntryText as E, TransactionText as T};
        match (self, name) {
            (Self::Entry, b"NtryRef") => entry(E::Reference),
            (Self::Entry, b"Amt") => entry(E::Amount),
            (Self::Entry, b"CdtDbtInd") => entry(E::Indicator),
            (Self::Entry, b"RvslInd") => entry(E::Reversal),
            (Self::Entry, b"Sts") => entry(E::Status),
            (Self::Entry, b"BookgDt") => entry(E::BookingDay),
            (Self::Entry, b"ValDt") => entry(E::ValueDay),
            (Self::Entry, b"AcctSvcrRef") => entry(E::BankReference),
            (Self::Entry, b"NtryDtls") => Self::Details,
            // Version 001.01 has no NtryDtls between.
            (Self::Entry | Self::Details, b"TxDtls") => Self::Transaction,
            (Self::Entry, b"AddtlNtryInf") => entry(E::Information),
            (Self::Entry, b"Chrgs") => Self::EntryCharges,
            (Self::EntryCharges, b"Amt") => entry(E::Charge),
            (Self::EntryCharges, b"TtlChrgsAndTaxAmt") => entry(E::ChargesTotal),
            // Since 001.04 each charge is a record.
            (Self::EntryCharges | Self::Charges, b"Rcrd") => self,
            (Self::Transaction, b"Refs") => Self::References,
            (Self::Transaction, b"Chrgs") => Self::Charges,
            (Self::Charges, b"Amt") => transaction(T::Charge),
            (Self::Charges, b"TtlChrgsAndTaxAmt") => transaction(T::ChargesTotal),
            (Self::Transaction, b"Amt") => transaction(T::Amount),
            (Self::Transaction, b"CdtDbtInd") => transaction(T::Indicator),
            (Self::Transaction, b"AmtDtls") => Self::AmountDetails,
            (Self::Transaction, b"RltdPties") => Self::Parties,
            (Self::Transaction, b"RmtInf") => Self::Remittance,
            (Self::Transaction, b"RltdDts") => Self::Dates,
            (Self::Transaction, b"RtrInf") => transaction(T::Return),
            (Self::Transaction, b"AddtlTxInf") => transaction(T::Free),
            (Self::References, b"AcctSvcrRef") => transaction(T::BankReference),
            (Self::References, b"EndToEndId") => transaction(T::EndToEnd),
            (Self::References, b"TxId") => transaction(T::TransactionId),
            (Self::References, b"InstrId") => transaction(T::InstructionId),
            (Self::References, b"UETR") => transaction(T::Uetr),
            _ => Self::Skipped,
        }
    }

    fn in_details(self, name: &[u8]) -> Self {
        use TransactionText as T;
        match (self, name) {
            (Self::AmountDetails, b"InstdAmt") => Self::InstructedAmount,
            (Self::AmountDetails, b"TxAmt") => Self::TransactionAmount,
            (Self::AmountDetails, b"CntrValAmt") => Self::CounterValue,
            (Self::InstructedAmount, b"Amt") => transaction(T::InstructedAmount),
            (Self::TransactionAmount, b"Amt") => transaction(T::TransactionAmount),
            (Self::CounterValue, b"Amt") => transaction(T::CounterValue),
            (Self::Parties, b"Dbtr") => Self::Debtor,
            (Self::Parties, b"UltmtDbtr") => Self::UltimateDebtor,
            (Self::Parties, b"DbtrAcct") => Self::DebtorAccount,
            (Self::Parties, b"CdtrAcct") => Self::CreditorAccount,
            // From 001.08 on a party may be an agent: the person is one element deeper.
            (Self::Debtor, b"Pty") => Self::DebtorParty,
            (Self::UltimateDebtor, b"Pty") => Self::UltimateDebtor,
            (Self::Debtor | Self::DebtorParty, b"Nm") => transaction(T::DebtorName),
            (Self::UltimateDebtor, b"Nm") => transaction(T::UltimateDebtorName),
            (Self::Debtor | Self::DebtorParty, b"Id") => Self::DebtorId,
            (Self::DebtorId, b"OrgId" | b"PrvtId") => Self::DebtorId,
            (Self::DebtorId, b"Othr") => Self::DebtorIdOther,
            (Self::DebtorIdOther, b"Id") => transaction(T::DebtorId),
            (Self::DebtorIdOther, b"SchmeNm") => Self::DebtorIdScheme,
            (Self::DebtorIdScheme, b"Cd") => transaction(T::DebtorIdScheme),
            (Self::DebtorAccount, b"Id") => Self::DebtorAccountId,
            (Self::DebtorAccountId, b"Othr" | b"PrtryAcct") => Self::DebtorAccountId,
            (Self::DebtorAccountId, b"IBAN" | b"BBAN" | b"Id") => transaction(T::DebtorAccount),
            (Self::CreditorAccount, b"Id") => Self::CreditorAccountId,
            (Self::CreditorAccountId, b"Othr" | b"PrtryAcct") => Self::CreditorAccountId,
            (Self::CreditorAccountId, b"IBAN" | b"BBAN" | b"Id") => transaction(T::CreditorAccount),
            (Self::Remittance, b"Ustrd") => transaction(T::Free),
            (Self::Remittance, b"Strd") => Self::Structured,
            (Self::Structured, b"CdtrRefInf") => Self::CreditorReference,
            (Self::Structured, b"RfrdDocInf") => Self::ReferredDocument,
            (Self::Structured, b"AddtlRmtInf") => transaction(T::Free),
            // The second names are those of version 001.01.
            (Self::CreditorReference, b"Ref" | b"CdtrRef") => transaction(T::CreditorReference),
            (Self::ReferredDocument, b"Nb" | b"RfrdDocNb") => transaction(T::Free),
            (Self::Dates, b"AccptncDtTm") => transaction(T::AcceptedAt),
            _ => Self::Skipped,
        }
    }
}

impl Text {
    /// Some texts may stand one element deeper: a status since 001.08, a date by its kind.
    fn child(self, name: &[u8]) -> Place {
        let deeper = match self {
            Self::Entry(EntryText::Status) => matches!(name, b"Cd" | b"Prtry"),
            Self::Entry(EntryText::BookingDay | EntryText::ValueDay)
            | Self::Statement(StatementText::BalanceDay) => matches!(name, b"Dt" | b"DtTm"),
            Self::Entry(_) | Self::Statement(_) | Self::Transaction(_) => false,
        };
        if deeper { Place::Text(self) } else { Place::Skipped }
    }
}

fn statement(text: StatementText) -> Place {
    Place::Text(Text::Statement(text))
}

fn entry(text: EntryText) -> Place {
    Place::Text(Text::Entry(text))
}

fn transaction(text: TransactionText) -> Place {
    Place::Text(Text::Transaction(text))
}

/// The number of the message that an element begins, also by the names of version 001.01.
pub(super) fn message_number(name: &[u8]) -> Option<&'static str> {
    match name.strip_suffix(b"V01").unwrap_or(name) {
        b"BkToCstmrAcctRpt" => Some("camt.052"),
        b"BkToCstmrStmt" => Some("camt.053"),
        b"BkToCstmrDbtCdtNtfctn" => Some("camt.054"),
        _ => None,
    }
}
