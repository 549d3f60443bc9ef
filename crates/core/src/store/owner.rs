//! The owner of a store.
//!
//! Files in a store belong to whoever makes them. Files of root in a user's store could not be removed by that user, and
//! whoever writes into somebody else's store decides what that person runs.

use super::Store;
use crate::ctx;
use crate::fs;
use crate::os::User;
use crate::store::error::{Result, StoreError};
use goward_shim::sys::is_root;

impl Store {
    /// Returns the user whom the store belongs to, if it is there.
    pub fn owner(&self) -> Option<User> {
        fs::metadata(self.home()).ok().map(|metadata| metadata.owner())
    }

    /// Returns true when this user can make files in the store.
    pub fn is_writable(&self) -> bool {
        fs::unnamed_in(self.home(), "new").is_ok()
    }

    /// Refuses to change the store of somebody else. Root's may be changed by whom its permissions
    /// let: that is how an image is made for any user.
    pub(super) fn check_owner(&self) -> Result<()> {
        let user = ctx::user_id();
        let Some(owner) = self.owner().filter(|owner| *owner != user && !is_root(*owner)) else {
            return Ok(());
        };
        let users = Box::new((owner, user));
        Err(StoreError::OtherOwner { home: self.home().to_path_buf(), users })
    }
}
