//! `kvit topology`: what must exist at the broker, printed or made.

use clap::{Args, ValueEnum};
use kvit_adapters::amqp::{Admin, Topology, TopologyError, Users, WITHOUT_POLICIES};

use super::failure::{Exit, Failure, chain};
use super::{Global, print, warn};
use crate::service;
use crate::settings::Settings;

/// Arguments of `kvit topology`.
#[derive(Debug, Args)]
pub(super) struct TopologyArgs {
    /// Declare exchanges, queues and bindings at the broker instead of printing, as the user of
    /// broker.url, who must be allowed to
    #[arg(long)]
    apply: bool,
    /// Whether the definitions make the broker users
    #[arg(long, value_enum, default_value_t = UsersWord::Created, conflicts_with = "apply")]
    users: UsersWord,
}

/// Whether users are part of the definitions.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum UsersWord {
    /// Without passwords; importing takes the passwords of users that exist
    Created,
    /// They exist and are left alone, but for their permissions
    Existing,
}

/// Prints the definitions, or makes what can be made when told so. Never both: whoever may declare
/// is seldom the user that kvit is to work as, and the definitions would be about that user.
pub(super) fn topology(global: &Global, args: &TopologyArgs) -> Result<(), Failure> {
    if args.apply {
        return apply(&global.load_with_secrets()?.settings);
    }
    let topology = service::topology(&global.load()?.settings)?;
    let users = match args.users {
        UsersWord::Created => Users::Created,
        UsersWord::Existing => Users::Existing,
    };
    print(&serde_json::to_string_pretty(&topology.definitions(users))?)
}

fn apply(settings: &Settings) -> Result<(), Failure> {
    let topology = service::topology(settings)?;
    let options = service::amqp_options(settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let admin = Admin::connect(&options)
            .await
            .map_err(|error| Failure::new(Exit::Unavailable, error.reason()))?;
        let declared = declare(&admin, &topology).await;
        admin.close().await;
        declared
    })?;
    warn(WITHOUT_POLICIES);
    Ok(())
}

async fn declare(admin: &Admin, topology: &Topology) -> Result<(), Failure> {
    admin.declare(topology).await.map_err(|error| {
        let exit = match &error {
            TopologyError::Different { .. } | TopologyError::Forbidden { .. } => Exit::Config,
            TopologyError::Failed { .. } => Exit::Unavailable,
        };
        Failure::new(exit, chain(&error))
    })
}
