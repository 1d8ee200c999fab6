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
    Details,
    Transaction,
    References,
    AmountDetails,
    InstructedAmount,
    TransactionAmount,
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
    /// `RtrInf`: it is there at all.
    Return,
}

impl Place {
    /// The place of the element `name` in this one.
    pub(super) fn child(self, name: &str) -> Self {
        match self {
            Self::Outside if message_number(name).is_some() => Self::Message,
            Self::Outside => Self::Outside,
            Self::Skipped => Self::Skipped,
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
            Self::Entry | Self::Details | Self::Transaction | Self::References => {
                self.in_entry(name)
            }
            Self::AmountDetails
            | Self::InstructedAmount
            | Self::TransactionAmount
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

    fn in_statement(self, name: &str) -> Self {
        use StatementText as S;
        match (self, name) {
            (Self::Message, "GrpHdr") => Self::Header,
            (Self::Message, "Stmt" | "Rpt" | "Ntfctn") => Self::Statement,
            (Self::Header, "CreDtTm") => statement(S::MessageCreated),
            (Self::Header, "MsgPgntn") => Self::HeaderPages,
            (Self::HeaderPages, "PgNb") => statement(S::MessagePage),
            (Self::Statement, "Ntry") => Self::Entry,
            (Self::Statement, "Id") => statement(S::Id),
            (Self::Statement, "CreDtTm") => statement(S::Created),
            (Self::Statement, "StmtPgntn" | "RptPgntn" | "NtfctnPgntn") => Self::StatementPages,
            (Self::StatementPages, "PgNb") => statement(S::Page),
            (Self::Statement, "Acct") => Self::Account,
            (Self::Statement, "Bal") => Self::Balance,
            (Self::Statement, "TxsSummry") => Self::Summary,
            (Self::Account, "Id") => Self::AccountId,
            (Self::Account, "Ccy") => statement(S::AccountCurrency),
            (Self::AccountId, "IBAN" | "BBAN" | "UPIC") => statement(S::Account),
            (Self::AccountId, "Othr" | "PrtryAcct") => Self::AccountOther,
            (Self::AccountOther, "Id") => statement(S::Account),
            (Self::Balance, "Tp") | (Self::BalanceType, "CdOrPrtry") => Self::BalanceType,
            (Self::BalanceType, "Cd") => statement(S::BalanceCode),
            (Self::Balance, "Amt") => statement(S::BalanceAmount),
            (Self::Balance, "CdtDbtInd") => statement(S::BalanceIndicator),
            (Self::Balance, "Dt") => statement(S::BalanceDay),
            (Self::Summary, "TtlNtries") => Self::SummaryAll,
            (Self::Summary, "TtlCdtNtries") => Self::SummaryCredits,
            (Self::Summary, "TtlDbtNtries") => Self::SummaryDebits,
            (Self::SummaryAll, "NbOfNtries") => statement(S::AllCount),
            (Self::SummaryCredits, "NbOfNtries") => statement(S::CreditCount),
            (Self::SummaryCredits, "Sum") => statement(S::CreditSum),
            (Self::SummaryDebits, "NbOfNtries") => statement(S::DebitCount),
            (Self::SummaryDebits, "Sum") => statement(S::DebitSum),
            _ => Self::Skipped,
        }
    }

    fn in_entry(self, name: &str) -> Self {
        use {EntryText as E, TransactionText as T};
        match (self, name) {
            (Self::Entry, "NtryRef") => entry(E::Reference),
            (Self::Entry, "Amt") => entry(E::Amount),
            (Self::Entry, "CdtDbtInd") => entry(E::Indicator),
            (Self::Entry, "RvslInd") => entry(E::Reversal),
            (Self::Entry, "Sts") => entry(E::Status),
            (Self::Entry, "BookgDt") => entry(E::BookingDay),
            (Self::Entry, "ValDt") => entry(E::ValueDay),
            (Self::Entry, "AcctSvcrRef") => entry(E::BankReference),
            (Self::Entry, "NtryDtls") => Self::Details,
            // Version 001.01 has no NtryDtls between.
            (Self::Entry | Self::Details, "TxDtls") => Self::Transaction,
            (Self::Entry, "AddtlNtryInf") => entry(E::Information),
            (Self::Transaction, "Refs") => Self::References,
            (Self::Transaction, "Amt") => transaction(T::Amount),
            (Self::Transaction, "CdtDbtInd") => transaction(T::Indicator),
            (Self::Transaction, "AmtDtls") => Self::AmountDetails,
            (Self::Transaction, "RltdPties") => Self::Parties,
            (Self::Transaction, "RmtInf") => Self::Remittance,
            (Self::Transaction, "RltdDts") => Self::Dates,
            (Self::Transaction, "RtrInf") => transaction(T::Return),
            (Self::Transaction, "AddtlTxInf") => transaction(T::Free),
            (Self::References, "AcctSvcrRef") => transaction(T::BankReference),
            (Self::References, "EndToEndId") => transaction(T::EndToEnd),
            (Self::References, "TxId") => transaction(T::TransactionId),
            (Self::References, "InstrId") => transaction(T::InstructionId),
            (Self::References, "UETR") => transaction(T::Uetr),
            _ => Self::Skipped,
        }
    }

    fn in_details(self, name: &str) -> Self {
        use TransactionText as T;
        match (self, name) {
            (Self::AmountDetails, "InstdAmt") => Self::InstructedAmount,
            (Self::AmountDetails, "TxAmt") => Self::TransactionAmount,
            (Self::InstructedAmount, "Amt") => transaction(T::InstructedAmount),
            (Self::TransactionAmount, "Amt") => transaction(T::TransactionAmount),
            (Self::Parties, "Dbtr") => Self::Debtor,
            (Self::Parties, "UltmtDbtr") => Self::UltimateDebtor,
            (Self::Parties, "DbtrAcct") => Self::DebtorAccount,
            (Self::Parties, "CdtrAcct") => Self::CreditorAccount,
            // From 001.08 on a party may be an agent: the person is one element deeper.
            (Self::Debtor, "Pty") => Self::DebtorParty,
            (Self::UltimateDebtor, "Pty") => Self::UltimateDebtor,
            (Self::Debtor | Self::DebtorParty, "Nm") => transaction(T::DebtorName),
            (Self::UltimateDebtor, "Nm") => transaction(T::UltimateDebtorName),
            (Self::Debtor | Self::DebtorParty, "Id") => Self::DebtorId,
            (Self::DebtorId, "OrgId" | "PrvtId") => Self::DebtorId,
            (Self::DebtorId, "Othr") => Self::DebtorIdOther,
            (Self::DebtorIdOther, "Id") => transaction(T::DebtorId),
            (Self::DebtorIdOther, "SchmeNm") => Self::DebtorIdScheme,
            (Self::DebtorIdScheme, "Cd") => transaction(T::DebtorIdScheme),
            (Self::DebtorAccount, "Id") => Self::DebtorAccountId,
            (Self::DebtorAccountId, "Othr" | "PrtryAcct") => Self::DebtorAccountId,
            (Self::DebtorAccountId, "IBAN" | "BBAN" | "Id") => transaction(T::DebtorAccount),
            (Self::CreditorAccount, "Id") => Self::CreditorAccountId,
            (Self::CreditorAccountId, "Othr" | "PrtryAcct") => Self::CreditorAccountId,
            (Self::CreditorAccountId, "IBAN" | "BBAN" | "Id") => transaction(T::CreditorAccount),
            (Self::Remittance, "Ustrd") => transaction(T::Free),
            (Self::Remittance, "Strd") => Self::Structured,
            (Self::Structured, "CdtrRefInf") => Self::CreditorReference,
            (Self::Structured, "RfrdDocInf") => Self::ReferredDocument,
            (Self::Structured, "AddtlRmtInf") => transaction(T::Free),
            // The second names are those of version 001.01.
            (Self::CreditorReference, "Ref" | "CdtrRef") => transaction(T::CreditorReference),
            (Self::ReferredDocument, "Nb" | "RfrdDocNb") => transaction(T::Free),
            (Self::Dates, "AccptncDtTm") => transaction(T::AcceptedAt),
            _ => Self::Skipped,
        }
    }
}

impl Text {
    /// Some texts may stand one element deeper: a status since 001.08, a date by its kind.
    fn child(self, name: &str) -> Place {
        let deeper = match self {
            Self::Entry(EntryText::Status) => matches!(name, "Cd" | "Prtry"),
            Self::Entry(EntryText::BookingDay | EntryText::ValueDay)
            | Self::Statement(StatementText::BalanceDay) => matches!(name, "Dt" | "DtTm"),
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
pub(super) fn message_number(name: &str) -> Option<&'static str> {
    match name.strip_suffix("V01").unwrap_or(name) {
        "BkToCstmrAcctRpt" => Some("camt.052"),
        "BkToCstmrStmt" => Some("camt.053"),
        "BkToCstmrDbtCdtNtfctn" => Some("camt.054"),
        _ => None,
    }
}
