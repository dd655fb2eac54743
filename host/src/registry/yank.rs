//! Yanking a release, and taking that back.

use headlock_log::checkpoint::Head;

use super::writer::Registry;
use crate::error::Result;

impl Registry<'_> {
    /// Yanks a release: from the next head on no answer holds it. It stays in the log, and locks of older heads stay
    /// good.
    ///
    /// # Errors
    /// No: there is no such release, or it is yanked already. Else as for [`Registry::publish`].
    pub fn yank(&mut self, package: &str, version: &str) -> Result<Head> {
        let mut transaction = self.begin()?;
        transaction.yank(package, version)?;
        transaction.commit(&mut |_| ())
    }

    /// Takes a yank back.
    ///
    /// # Errors
    /// No: there is no such release, or it is not yanked. Else as for [`Registry::publish`].
    pub fn unyank(&mut self, package: &str, version: &str) -> Result<Head> {
        let mut transaction = self.begin()?;
        transaction.unyank(package, version)?;
        transaction.commit(&mut |_| ())
    }
}
