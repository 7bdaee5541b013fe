//! The package index: read, reviewed by the gate, and kept in mind for the releases to which it leads.

use std::sync::Arc;

use cpan_sigstore_core::release::{PackageName, PauseId, ReleasePath};
use cpan_sigstore_cpan::{
    package_index::{PackageAuthors, PackageIndex, PermissionList},
    path::{CpanPath, SiteFile},
};
use cpan_sigstore_gate::{
    AcceptedIndex, DeniedEntry, Gate, GateError, IndexStanding, accept_package_index,
};

use super::{Generation, Mirror, Served, answers::AnswerKey, error::FetchError};
use crate::{
    decision_log::{EntryCause, LogEntry, Refusal},
    rendered::Rendered,
};

/// Most entries of one index that are reported one by one when they are left out.
const REPORTED: usize = 100;

impl Mirror {
    /// Reads the package index, and leaves out entries that lead a module to another author than its owners.
    pub(super) async fn package_index(&self) -> Result<Option<PackageIndex>, FetchError> {
        let generation = self.generation();
        let (gate, now) = (&generation.gate, self.now());
        let Some(read) = gate.read_package_index(&self.upstream, now).await? else {
            let name = self.upstream.name();
            let before = gate.trust_store().newest_index(&name).await;
            if before.map_err(GateError::from)?.is_some() {
                // Without it, nobody could say which module a release is reached through.
                return Err(FetchError::refused(
                    Refusal::Unreadable,
                    "expected a package index, which the upstream had before, found none",
                ));
            }
            self.packages.note_none(now);
            return Ok(None);
        };
        let AcceptedIndex { index, standing } = read;
        self.reviewed(index, standing).await.map(Some)
    }

    /// Leaves out the entries of an index that the gate denies, reports them, and keeps the rest in mind.
    async fn reviewed(
        &self,
        mut index: PackageIndex,
        standing: IndexStanding,
    ) -> Result<PackageIndex, FetchError> {
        let generation = self.generation();
        let (gate, now) = (&generation.gate, self.now());
        if let [first, others @ ..] = index.dropped() {
            let others = others.len();
            tracing::info!(first, others, "left out packages that lead to no release");
        }
        self.follow_owners_of(gate, &index).await;
        let denied = gate.review_index(&mut index, now).await?;
        let store = gate.trust_store();
        let new = self.packages.replace(store, &index, &denied, now).await;
        self.packages.note_standing(standing);
        let new = new.map_err(GateError::from)?;
        if new.len() > REPORTED {
            tracing::warn!(
                entries = new.len(),
                "left entries out of the package index; reporting the first {REPORTED}"
            );
        }
        for entry in new.iter().filter_map(|at| denied.get(*at)).take(REPORTED) {
            self.report_left_out(entry);
        }
        Ok(index)
    }

    /// Reads the records of owners whose modules an index leads to others, because they may have handed them over.
    async fn follow_owners_of(&self, gate: &Gate, index: &PackageIndex) {
        // If the store cannot be used, the gate says so.
        let owners = gate.foreign_owners(index).await.unwrap_or_default();
        self.follow(gate, owners).await;
    }

    /// Reads the records of the owners of packages that lead to a release of another author.
    pub(super) async fn follow_owners(
        &self,
        gate: &Gate,
        author: &PauseId,
        packages: &[PackageName],
    ) {
        let owners = gate.predecessors(author, packages).await;
        self.follow(gate, owners.unwrap_or_default()).await;
    }

    async fn follow(&self, gate: &Gate, owners: Vec<PauseId>) {
        let now = self.now();
        for owner in owners {
            let read = self.author_records(&owner).await;
            let learned = match read {
                Ok(records) => gate
                    .remember_owner(&owner, &records, now)
                    .await
                    .err()
                    .map(|it| it.to_string()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(error) = learned {
                tracing::warn!(%owner, %error, "cannot read the record of an owner; a hand-over since then is not known");
            }
        }
    }

    fn report_left_out(&self, DeniedEntry { path, verdict, .. }: &DeniedEntry) {
        let entry = LogEntry::of_gate(self.now(), path.to_string(), verdict.clone());
        self.log.add_left_out(entry);
    }

    /// The package index that was served last, from its text; `None` if it is none. Another process with another
    /// policy may have written it, so this gate reviews it as if it came from the upstream.
    pub(super) async fn cached_package_index(
        &self,
        text: Vec<u8>,
        packed: bool,
    ) -> Result<Option<Rendered>, FetchError> {
        let Ok(index) = PackageIndex::parse(text) else {
            return Ok(None);
        };
        let generation = self.generation();
        let gate = &generation.gate;
        // Its bytes are not those that a log has.
        if gate.log().is_some_and(|log| log.settings().require_logged) {
            return Ok(None);
        }
        let store = gate.trust_store();
        accept_package_index(&index, &self.upstream.name(), store, self.now()).await?;
        let index = self.reviewed(index, IndexStanding::Unlogged).await?;
        Ok(Some(Rendered::package_index(&index, packed)?))
    }

    /// The authors of packages by the upstream itself, if the gate has a use for them.
    pub(super) async fn permissions(
        &self,
        gate: &Gate,
        packages: &[PackageName],
    ) -> Option<Arc<PackageAuthors>> {
        // If the store cannot be used, the gate says so.
        if packages.is_empty() || !gate.is_first_use(packages).await.unwrap_or_default() {
            return None;
        }
        let read = async {
            let text = self.upstream.site_file(SiteFile::Permissions).await;
            let text = text.ok().flatten()?;
            let list = PermissionList::parse(&text).ok()?;
            Some(Arc::new(PackageAuthors::of(&list)))
        };
        self.packages.permissions(self.now(), read).await
    }

    /// The packages that lead to a release. Reads the package index first, if no client did so lately.
    pub(super) async fn packages_of(
        self: &Arc<Self>,
        generation: &Arc<Generation>,
        path: &ReleasePath,
    ) -> Result<Arc<[PackageName]>, FetchError> {
        if !self.packages.is_fresh(self.now()) {
            let index = CpanPath::SiteFile {
                file: SiteFile::Packages,
                packed: true,
            };
            let served = self.document_answer(generation, &index).await;
            // An index that was read before is used while the upstream has none that can be.
            if let Served::Refused(entry) = served
                && !self.packages.is_known()
            {
                let refusal = match &entry.cause {
                    EntryCause::Mirror { finding, .. } => *finding,
                    EntryCause::Gate(_) => Refusal::Internal,
                };
                return Err(FetchError::refused(
                    refusal,
                    "expected a package index, which shows the modules of the release, found none that can be used",
                ));
            }
        }
        let store = generation.gate.trust_store();
        let packages = self.packages.of_release(store, path).await;
        Ok(packages.map_err(GateError::from)?)
    }

    /// The answer to a request for a document.
    pub(super) async fn document_answer(
        self: &Arc<Self>,
        generation: &Arc<Generation>,
        path: &CpanPath,
    ) -> Served {
        let key = AnswerKey::of_document(path.clone());
        if let Some(served) = generation.answers.get(&key).await {
            return served;
        }
        let (mirror, generation, wanted) = (Arc::clone(self), Arc::clone(generation), path.clone());
        let work = async move {
            let answer = async {
                let served = mirror.document(&wanted).await;
                served.unwrap_or_else(|error| mirror.refuse(&wanted, &error))
            };
            generation.answers.get_with(key, answer).await
        };
        self.finish(path, work).await
    }
}
