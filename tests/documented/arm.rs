// What the examples of `midentity::arm` run on: an administrator's client of an emulator of their own. Each example
// includes this file as a module; waits take no time.

pub use midentity::arm::*;

pub const SUBSCRIPTION: &str = "8d1c0000-0000-0000-0000-000000000000";
pub const GROUP: &str = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/rg1";
pub const VM: &str = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1";

pub const STATE: &str = "
schema: 1
tenants: [{name: contoso}]
subscriptions:
  - name: emulated
    id: 8d1c0000-0000-0000-0000-000000000000
    tenant: contoso
    resource_groups:
      - name: rg1
        location: eastus
        user_identities: [{name: id1, tags: {owner: me}}, {name: id2}]
        vms: [{name: vm1, system_identity: true, user_identities: [id1]}]
      - {name: old-group, location: eastus}
";

pub fn example(run: impl AsyncFnOnce(ArmClient) -> midentity::Result<()>) {
    example_on_the_machine(async |arm, _| run(arm).await);
}

/// With the address of the machine's metadata service.
pub fn example_on_the_machine(run: impl AsyncFnOnce(ArmClient, &str) -> midentity::Result<()>) {
    let options = midentity_emulator::Options { state: Some(STATE.to_owned()), ..Default::default() };
    let emulator = midentity_emulator::Emulator::start(options).unwrap();
    emulator.set_lro(midentity_emulator::Lro { seconds: 0.0, ..Default::default() });
    let token = emulator.issue_token("admin", &format!("{}/", emulator.cloud())).unwrap();
    let token = midentity::StaticToken::new(midentity::AccessToken::new(token, 4_102_444_800));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let arm = ArmClient::builder(token)
        .cloud(midentity::Cloud::parse(emulator.cloud()).unwrap())
        .ca_file(emulator.ca_file())
        .clock(midentity::Clock::manual_between_requests(now.try_into().unwrap()))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(arm, emulator.imds_endpoint())).unwrap();
}

pub async fn subscription(arm: &ArmClient) -> midentity::Result<Subscription> {
    Ok(arm.subscriptions().list()?.next().await?.unwrap())
}

pub async fn group(arm: &ArmClient) -> midentity::Result<ResourceGroup> {
    arm.resource_groups(SUBSCRIPTION).get("rg1").await
}

pub async fn identity(arm: &ArmClient) -> midentity::Result<UserIdentity> {
    arm.user_identities(SUBSCRIPTION, "rg1").get("id1").await
}

pub async fn federated_credential(arm: &ArmClient) -> midentity::Result<FederatedCredential> {
    let credentials = arm.user_identities(SUBSCRIPTION, "rg1").federated_credentials("id1")?;
    credentials.create("github-main", "https://token.actions.githubusercontent.com", "repo:o/r:ref:main", &[]).await
}

pub async fn role(arm: &ArmClient) -> midentity::Result<RoleDefinition> {
    arm.role_definitions(GROUP)?.find("Reader").await
}

pub async fn assignment(arm: &ArmClient) -> midentity::Result<RoleAssignment> {
    let principal = identity(arm).await?;
    let assignments = arm.role_assignments(GROUP)?;
    assignments.assign("Reader", principal.principal_id(), PrincipalType::ServicePrincipal).await?.wait().await
}

pub async fn plan(arm: &ArmClient) -> midentity::Result<VmIdentityPlan> {
    arm.vm_identity(VM)?.plan(&IdentityChange::Add(vec!["id2".into()])).await
}
