//! Drop folders: whether kvit could take files from them.

use std::path::Path;

use rustix::fs::{Access, access};

use super::Finding;
use crate::settings::Settings;

pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let folders = settings.feeds.iter().filter_map(|(id, feed)| Some((id, feed.folder.as_ref()?)));
    folders.filter_map(|(id, folder)| unusable(&format!("feeds.{id}.folder"), folder)).collect()
}

fn unusable(key: &str, folder: &Path) -> Option<Finding> {
    let shown = folder.display();
    let found = match std::fs::metadata(folder) {
        Ok(found) => found,
        Err(error) => {
            let cure = format!("mount it, or: install -d -o kvit -m 0770 {shown}");
            return Some(Finding::error(key, format!("{shown}: {error}")).cure(cure));
        }
    };
    if !found.is_dir() {
        let cure = "set it to the directory that the bank's files are put into";
        return Some(Finding::error(key, format!("{shown} is no directory")).cure(cure));
    }
    // What is read is moved into `done` or `rejected`, which are made in it.
    access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).err().map(|error| {
        let what = format!("{shown} cannot be read and written by this user: {error}");
        let cure = format!("give kvit's user the right to: setfacl -m u:kvit:rwx {shown}");
        Finding::error(key, what).cure(cure)
    })
}
