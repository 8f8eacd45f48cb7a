//! Role assignments: who may do what, where.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::ArmClient;
use super::members::members;
use super::operation::{Operation, Reporter};
use super::paging::Pages;
use super::role::{API_VERSION, Permission};
use super::scope_path;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, id};
use crate::resource_id::ResourceId;

/// A new principal is known everywhere after some seconds to minutes: a look every so often, for this long.
const REPLICATION_LIMIT: Duration = Duration::from_secs(300);
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LONGEST_LOOK: Duration = Duration::from_secs(20);
/// The namespace of the names that this library gives to assignments: the same assignment always gets the same name.
const NAMES: Uuid = Uuid::from_u128(0x6d69_6465_6e74_6974_7900_0000_0000_0001);

/// What kind of object a principal is. Sent with every assignment: without it the service looks the principal up, and
/// does not find one that was made a moment ago.
///
/// ```
/// assert_eq!(midentity::arm::PrincipalType::default().name(), "ServicePrincipal");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PrincipalType {
    /// Every managed identity, and applications.
    #[default]
    ServicePrincipal,
    /// A person.
    User,
    /// A group.
    Group,
}

impl PrincipalType {
    /// The service's name for it.
    ///
    /// ```
    /// assert_eq!(midentity::arm::PrincipalType::Group.name(), "Group");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServicePrincipal => "ServicePrincipal",
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The kind with this name of the service's, in whatever casing.
    ///
    /// # Errors
    /// `argument.option` for any other name.
    ///
    /// ```
    /// use midentity::arm::PrincipalType;
    /// assert_eq!(PrincipalType::parse("group")?, PrincipalType::Group);
    /// assert_eq!(PrincipalType::parse("Robot").unwrap_err().id(), "argument.option");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self> {
        let mut all = [Self::ServicePrincipal, Self::User, Self::Group].into_iter();
        all.find(|kind| kind.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let message = format!("{name:?} is no type of principal");
            Error::argument(id::ARGUMENT_OPTION, message, "use ServicePrincipal, User or Group")
        })
    }
}

/// Which assignments a list gives.
///
/// ```
/// let filter = midentity::arm::RoleAssignmentFilter::Principal("9f0c…".into());
/// # drop(filter);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RoleAssignmentFilter {
    /// All at the scope, above and below.
    #[default]
    All,
    /// Those at the scope and above it, not below.
    AtScope,
    /// Those of one principal, by its object id.
    Principal(String),
    /// Those of one principal, by its object id, and of the groups that it is in.
    AssignedTo(String),
}

/// The role assignments at a scope.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let assignments = arm.role_assignments("/subscriptions/8d1c0000-0000-0000-0000-000000000000")?;
/// # drop(assignments); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct RoleAssignments {
    client: ArmClient,
    scope: String,
}

impl ArmClient {
    /// The role assignments at a scope: a subscription's, group's or resource's id.
    ///
    /// # Errors
    /// `argument.scope_path` where it is no scope, with what it probably means.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// assert!(arm.role_assignments("rg1").unwrap_err().hint().unwrap().contains("/resourceGroups/rg1"));
    /// # Ok(()) });
    /// ```
    pub fn role_assignments(&self, scope: &str) -> Result<RoleAssignments> {
        Ok(RoleAssignments { client: self.clone(), scope: scope_path::check(scope)? })
    }
}

impl RoleAssignments {
    fn path(&self) -> String {
        format!("{}/providers/Microsoft.Authorization/roleAssignments", self.scope)
    }

    /// Gives the role, by name, GUID or id, to the principal, by its object id. A role that it has there already is as
    /// wanted. A principal that was made a moment ago is waited for. What a role's name means is asked for once in a minute.
    ///
    /// # Errors
    /// NotFound (`role.unknown`, with the nearest names; `role.principal_unknown` where the principal does not appear
    /// in time), Forbidden (Owner, User Access Administrator or Role Based Access Control Administrator may do this),
    /// and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignments = arm.role_assignments(GROUP)?;
    /// # let principal: &str = &identity(&arm).await?.principal_id().to_owned();
    /// use midentity::arm::PrincipalType;
    /// let operation = assignments.assign("Reader", principal, PrincipalType::ServicePrincipal).await?;
    /// let assignment = operation.on_progress(|p| eprintln!("{}", p.status())).wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn assign(
        &self,
        role: &str,
        principal_id: &str,
        principal_type: PrincipalType,
    ) -> Result<Operation<RoleAssignment>> {
        let Ok(principal) = Uuid::try_parse(principal_id) else {
            return Err(Error::argument(
                id::ARGUMENT_IDENTITY,
                format!("{principal_id:?} is not an object id"),
                "give the principal (object) id, a GUID; a client id or name is something else",
            ));
        };
        // In the one spelling that the service takes, whatever the caller's.
        let principal_id = &principal.to_string();
        let roles = self.client.role_definitions(if self.scope.is_empty() { "/" } else { &self.scope })?;
        let role = roles.find_lately(role).await?;
        let key = format!("{}|{principal_id}|{}", self.scope, role.guid()).to_ascii_lowercase();
        let name = Uuid::new_v5(&NAMES, key.as_bytes());
        let body = json!({"properties": {
            "roleDefinitionId": role.id(),
            "principalId": principal_id,
            "principalType": principal_type.name(),
        }});
        let what = format!("giving {} to {principal_id}", role.role_name());
        let reporter = Reporter::new(what);
        let (this, told) = (self.clone(), reporter.clone());
        let (guid, principal) = (role.guid().to_owned(), principal_id.to_owned());
        let first = this.put(&name, &body).await;
        if let Err(error) = &first
            && !is_unknown_principal(error)
            && !is_taken(error)
        {
            return Err(error.clone());
        }
        Ok(Operation::running(
            reporter,
            Box::pin(async move { this.settle(first, name, &body, &guid, &principal, &told).await }),
        ))
    }

    /// An assignment's path by its name or id. Another thing's id is refused: deleting it would delete that thing.
    fn assignment_path(&self, assignment: &str) -> Result<String> {
        if !assignment.starts_with('/') {
            return Ok(format!("{}/{}", self.path(), guid(assignment)?));
        }
        let path = scope_path::check(assignment)?;
        let kind = ResourceId::parse(&path)?.resource_type().unwrap_or_default();
        if kind.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments") {
            return Ok(path);
        }
        Err(Error::argument(
            id::ARGUMENT_PATH,
            format!("{assignment:?} is not the id of a role assignment"),
            "give its id (…/providers/Microsoft.Authorization/roleAssignments/<GUID>), or the GUID alone",
        ))
    }

    async fn put(&self, name: &Uuid, body: &Value) -> Result<RoleAssignment> {
        let path = format!("{}/{name}", self.path());
        self.client.send(Method::PUT, &path, API_VERSION, Some(body)).await?.read()
    }

    async fn settle(
        &self,
        mut result: Result<RoleAssignment>,
        mut name: Uuid,
        body: &Value,
        role: &str,
        principal: &str,
        told: &Reporter,
    ) -> Result<RoleAssignment> {
        let clock = self.client.clock();
        let (start, mut wait, mut renamed) = (clock.monotonic(), FIRST_LOOK, false);
        loop {
            let error = match result {
                Ok(assignment) => return Ok(assignment),
                Err(error) => error,
            };
            if error.service_code() == Some("RoleAssignmentExists") {
                return self.existing(role, principal).await;
            }
            if error.service_code() == Some("RoleAssignmentUpdateNotPermitted") && !renamed {
                renamed = true;
                // The name is taken by the assignment of an identity that was deleted and made anew.
                name = Uuid::new_v4();
                result = self.put(&name, body).await;
                continue;
            }
            if !is_unknown_principal(&error) {
                return Err(error);
            }
            let elapsed = clock.monotonic().saturating_sub(start);
            if elapsed + wait > REPLICATION_LIMIT {
                return Err(Error::new(
                    ErrorKind::NotFound,
                    id::ROLE_PRINCIPAL_UNKNOWN,
                    format!("the principal {principal} did not appear in the directory within {} s", elapsed.as_secs()),
                )
                .with_hint("check that it is an object (principal) id, not a client id, of this tenant")
                .with_service_code(error.service_code().map(str::to_owned)));
            }
            told.tell("waiting for the principal to appear in the directory", elapsed, None);
            clock.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_LOOK);
            result = self.put(&name, body).await;
        }
    }

    async fn existing(&self, role: &str, principal: &str) -> Result<RoleAssignment> {
        let mut all = self.list(&RoleAssignmentFilter::Principal(principal.to_owned()))?;
        while let Some(assignment) = all.next().await? {
            let same_scope = assignment.scope().trim_end_matches('/').eq_ignore_ascii_case(&self.scope);
            if same_scope && assignment.role_guid().eq_ignore_ascii_case(role) {
                return Ok(assignment);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            id::ARM_CONFLICT,
            "the service says that the role assignment exists, and does not list it",
        )
        .with_hint("try again in a moment: lists lag behind"))
    }

    /// The assignments that the filter names.
    ///
    /// # Errors
    /// As [`ArmClient::request`] with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignments = arm.role_assignments(GROUP)?;
    /// use midentity::arm::RoleAssignmentFilter;
    /// for a in assignments.list(&RoleAssignmentFilter::AtScope)?.collect().await? { println!("{}", a.principal_id()) }
    /// # Ok(()) });
    /// ```
    pub fn list(&self, filter: &RoleAssignmentFilter) -> Result<Pages<RoleAssignment>> {
        let filter = match filter {
            RoleAssignmentFilter::All => String::new(),
            RoleAssignmentFilter::AtScope => "?$filter=atScope()".to_owned(),
            RoleAssignmentFilter::Principal(id) => format!("?$filter=principalId%20eq%20'{}'", guid(id)?),
            RoleAssignmentFilter::AssignedTo(id) => format!("?$filter=assignedTo('{}')", guid(id)?),
        };
        let path = format!("{}{filter}", self.path());
        Ok(Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?))
    }

    /// Deletes an assignment by its id or name; `false` where there was none.
    ///
    /// # Errors
    /// Forbidden, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignments = arm.role_assignments(GROUP)?;
    /// # let one = assignment(&arm).await?;
    /// assignments.delete(one.id()).await?;
    /// # Ok(()) });
    /// ```
    pub async fn delete(&self, assignment: &str) -> Result<bool> {
        let path = self.assignment_path(assignment)?;
        self.client.delete(&path, API_VERSION).await
    }

    /// Waits until an assignment can be read at the scope: any principal's. It says nothing about when the role works:
    /// that is known to its holder only ([`RoleAssignments::wait_until_allowed`]).
    ///
    /// # Errors
    /// Timeout (`role.not_visible`), and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignments = arm.role_assignments(GROUP)?;
    /// # let id: &str = &assignment(&arm).await?.id().to_owned();
    /// assignments.wait_until_visible(id, std::time::Duration::from_secs(60)).await
    /// # });
    /// ```
    pub async fn wait_until_visible(&self, assignment: &str, limit: Duration) -> Result<()> {
        let path = self.assignment_path(assignment)?;
        let mut looks = Looks::new(self.client.clock(), limit);
        loop {
            match self.client.get_path(&path, API_VERSION).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            looks.pause(id::ROLE_NOT_VISIBLE, "the role assignment can't be read yet").await?;
        }
    }

    /// Waits until the caller itself may do `action` at the scope, by asking for its permissions there.
    ///
    /// # Errors
    /// Timeout (`role.not_allowed`), and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignments = arm.role_assignments(GROUP)?;
    /// let read = "Microsoft.Resources/subscriptions/resourceGroups/read";
    /// assignments.wait_until_allowed(read, std::time::Duration::from_secs(600)).await
    /// # });
    /// ```
    pub async fn wait_until_allowed(&self, action: &str, limit: Duration) -> Result<()> {
        let path = format!("{}/providers/Microsoft.Authorization/permissions", self.scope);
        let what = format!("the caller may not do {action} here yet");
        let mut looks = Looks::new(self.client.clock(), limit);
        loop {
            let mut pages: Pages<Permission> = Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?);
            loop {
                match pages.next().await {
                    Ok(Some(permission)) if permission.allows(action) => return Ok(()),
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    // Who has no role at all may not even ask.
                    Err(error) if error.kind() == ErrorKind::Forbidden => break,
                    Err(error) => return Err(error),
                }
            }
            looks.pause(id::ROLE_NOT_ALLOWED, &what).await?;
        }
    }
}

/// Looking again and again, less and less often, until the time allowed is over.
struct Looks<'a> {
    clock: &'a Clock,
    start: Duration,
    wait: Duration,
    limit: Duration,
}

impl<'a> Looks<'a> {
    fn new(clock: &'a Clock, limit: Duration) -> Self {
        Self { clock, start: clock.monotonic(), wait: FIRST_LOOK, limit }
    }

    async fn pause(&mut self, timeout: &'static str, what: &str) -> Result<()> {
        let elapsed = self.clock.monotonic().saturating_sub(self.start);
        if elapsed + self.wait > self.limit {
            return Err(Error::new(ErrorKind::Timeout, timeout, format!("{what}, after {} s", elapsed.as_secs()))
                .with_hint("changes of roles can take up to 10 minutes; allow more time"));
        }
        self.clock.sleep(self.wait).await;
        self.wait = (self.wait * 2).min(LONGEST_LOOK);
        Ok(())
    }
}

fn guid(text: &str) -> Result<String> {
    Uuid::try_parse(text).map(|g| g.to_string()).map_err(|_| {
        Error::argument(
            id::ARGUMENT_IDENTITY,
            format!("{text:?} is not a GUID"),
            "give an object id or an assignment's name",
        )
    })
}

fn is_unknown_principal(error: &Error) -> bool {
    error.service_code() == Some("PrincipalNotFound")
}

fn is_taken(error: &Error) -> bool {
    matches!(error.service_code(), Some("RoleAssignmentExists" | "RoleAssignmentUpdateNotPermitted"))
}

/// A role assignment.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let assignment = assignment(&arm).await?;
/// println!("{} has {} at {}", assignment.principal_id(), assignment.role_guid(), assignment.scope());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
pub struct RoleAssignment {
    id: String,
    name: String,
    properties: Properties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    role_definition_id: String,
    principal_id: String,
    principal_type: Option<String>,
    scope: String,
    description: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
}

members!(RoleAssignment: id, name, principal_id, principal_type, scope, role_definition_id, role_guid,
    description, condition, condition_version);

impl RoleAssignment {
    /// The resource id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name, a GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose it is: an object id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.principal_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn principal_id(&self) -> &str {
        &self.properties.principal_id
    }

    /// `ServicePrincipal`, `User`, `Group`, or what else the service says.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.principal_type());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn principal_type(&self) -> &str {
        self.properties.principal_type.as_deref().unwrap_or_default()
    }

    /// Where it holds.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.scope());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.properties.scope
    }

    /// The role definition's id; its last part, the GUID, is what can be compared.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.role_definition_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn role_definition_id(&self) -> &str {
        &self.properties.role_definition_id
    }

    /// The role definition's GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{}", assignment.role_guid());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn role_guid(&self) -> &str {
        self.properties.role_definition_id.rsplit('/').next().unwrap_or_default()
    }

    /// Why it was given, where somebody said so.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{:?}", assignment.description());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.properties.description.as_deref()
    }

    /// The condition that it holds under, in Azure's language for it.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{:?}", assignment.condition());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        self.properties.condition.as_deref()
    }

    /// The version of the condition's language, such as `2.0`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let assignment = assignment(&arm).await?;
    /// println!("{:?}", assignment.condition_version());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn condition_version(&self) -> Option<&str> {
        self.properties.condition_version.as_deref()
    }
}
