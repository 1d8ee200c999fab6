//! From a kind of body, a region and perhaps a locality to the one agency.

use std::collections::BTreeMap;

use kvit_schemas::{AgencyId, ProcedureCode, Region};

use super::agency::{Agency, Name};

/// Why no single agency could be named.
///
/// A catalogue that was loaded routes all its own procedures; one taken from another version may
/// still meet this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Nobody decides it there.
    #[error("no agency decides procedure {procedure} in {region}")]
    Missing {
        /// The procedure.
        procedure: ProcedureCode,
        /// Where the applicant is.
        region: Region,
    },
    /// Several decide it there.
    #[error("several agencies decide procedure {procedure} in {region}")]
    Ambiguous {
        /// The procedure.
        procedure: ProcedureCode,
        /// Where the applicant is.
        region: Region,
    },
}

/// Every way there is. A locality of its own beats the region.
#[derive(Debug, Clone, Default)]
pub(super) struct Routes(BTreeMap<Name, BTreeMap<Region, Ways>>);

/// The agencies of one kind in one region: at most one per list in a sound catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct Ways {
    /// Those that serve the region whole.
    pub(super) whole: Vec<AgencyId>,
    /// Those that serve a locality, by its folded name.
    pub(super) localities: BTreeMap<String, Vec<AgencyId>>,
}

impl Routes {
    pub(super) fn of<'a>(agencies: impl Iterator<Item = &'a Agency>) -> Self {
        let mut routes = Self::default();
        for agency in agencies {
            let regions = routes.0.entry(agency.body.clone()).or_default();
            for region in &agency.regions {
                regions.entry(*region).or_default().add(agency);
            }
        }
        routes
    }

    /// The agencies that could take a case: one, or something is wrong.
    pub(super) fn candidates(
        &self,
        body: &Name,
        region: Region,
        locality: Option<&str>,
    ) -> &[AgencyId] {
        let Some(ways) = self.ways(body, region) else { return &[] };
        let local = locality.and_then(|name| ways.localities.get(&folded(name)));
        local.unwrap_or(&ways.whole)
    }

    pub(super) fn ways(&self, body: &Name, region: Region) -> Option<&Ways> {
        self.0.get(body)?.get(&region)
    }

    /// The kinds of body that any agency is.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(Name::as_str)
    }
}

impl Ways {
    fn add(&mut self, agency: &Agency) {
        if agency.localities.is_empty() {
            self.whole.push(agency.id.clone());
        }
        for name in &agency.localities {
            self.localities.entry(folded(name)).or_default().push(agency.id.clone());
        }
    }
}

/// A locality's name as it is compared: lower case, one space between words, one kind of
/// apostrophe. Nothing is abbreviated or translated: an agency lists each spelling it is known by.
fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase().replace(['\u{2019}', '\u{2bc}'], "'")
}
