//! The objects around a file, as rules see them: those of its environment, and those above it.

use std::sync::{Arc, OnceLock};

use crate::document::{List, Node, Reason, Value};
use crate::repository::topology::inventory::Inventory;
use crate::source::{FileId, Span};

/// The objects that are seen from each environment, listed for those who ask.
pub(in crate::repository) struct Around<'a> {
    pub(in crate::repository) inventory: Inventory<'a>,
    /// By environment.
    lists: Vec<OnceLock<Arc<List>>>,
}

impl<'a> Around<'a> {
    pub(in crate::repository) fn new(inventory: Inventory<'a>) -> Self {
        let lists = inventory.names().iter().map(|_| OnceLock::new());
        Self {
            lists: lists.collect(),
            inventory,
        }
    }

    /// The objects around a file in the order of the files, as one list that stands at `at`.
    pub(in crate::repository) fn of(&self, file: FileId, at: Span) -> Node {
        let environment = self.inventory.environment(file);
        let list = self.lists.get(environment).map(|list| {
            let listed = || Arc::new(self.list(environment));
            Arc::clone(list.get_or_init(listed))
        });
        Node::new(at, Value::List(list.unwrap_or_default()))
    }

    fn list(&self, environment: usize) -> List {
        let mut objects: Vec<&Node> = self.inventory.all_seen(environment).collect();
        objects.sort_by_key(|root| (root.span.file, root.span.start));
        let open = self.inventory.is_open(environment);
        let items = objects.into_iter().cloned().collect();
        List::new(items, open.then_some(Reason::Template))
    }
}
