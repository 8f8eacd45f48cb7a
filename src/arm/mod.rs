//! Azure Resource Manager: its client, and identities, roles, machines and groups in it.

mod builder;
mod challenge;
mod client;
mod error;
mod federated_credential;
mod members;
mod operation;
mod pace;
mod paging;
mod polling;
mod resource;
mod resource_group;
mod response;
mod role;
mod role_assignment;
mod scope_path;
mod subscription;
mod suggestion;
mod user_identity;
mod virtual_machine;
mod vm_identity;
mod vm_identity_plan;

#[cfg(fuzzing)]
pub(crate) use error::from_status as error_from_status;

pub use builder::ArmClientBuilder;
pub use client::ArmClient;
pub use federated_credential::{FederatedCredential, FederatedCredentials};
pub use operation::{Operation, Progress};
pub use paging::Pages;
pub use resource_group::{ResourceGroup, ResourceGroups};
pub use response::ArmResponse;
pub use role::{RoleDefinition, RoleDefinitions};
pub use role_assignment::{PrincipalType, RoleAssignment, RoleAssignmentFilter, RoleAssignments};
pub use subscription::{Subscription, Subscriptions};
pub use user_identity::{SystemIdentity, UserIdentities, UserIdentity};
pub use virtual_machine::{NewVirtualMachine, VirtualMachines};
pub use vm_identity::{AssignedIdentity, VmIdentities, VmIdentity};
pub use vm_identity_plan::{IdentityChange, IdentityRef, VmIdentityPlan};
