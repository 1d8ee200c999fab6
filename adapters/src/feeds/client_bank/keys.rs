//! The keys of an operation that are read, in every dialect.

macro_rules! keys {
    ($($key:ident)*) => {
        /// A key by its text. Keys are case-sensitive: `Db` is a row's debit, `DB` a turnover.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Key { $($key),* }

        impl Key {
            pub(super) fn of(text: &str) -> Option<Self> {
                $(if text == stringify!($key) {
                    return Some(Self::$key);
                })*
                None
            }

            /// How many there are.
            pub(super) const COUNT: usize = [$(Self::$key),*].len();

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$key => stringify!($key),)*
                }
            }

            /// Its number among them.
            #[allow(clippy::as_conversions, reason = "an enum has no other number")]
            pub(super) fn place(self) -> usize {
                self as usize
            }
        }
    };
}

keys! {
    DocDate DocTime OpDate DateTime
    Num NDoc OperationID DocID
    Acc KorName KorUNP UNNRec UNNKorr
    Db Credit DebQ CreQ Deb Cre
    I2 CurrCode Code
    Nazn Nazn2
}
