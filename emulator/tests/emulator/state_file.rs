use midentity_emulator::read_state_for_fuzzing as read;

const BASE: &str = "\
schema: 1
tenants:
  - name: contoso
subscriptions:
  - name: sub
    tenant: contoso
    resource_groups:
      - name: rg1
        user_identities:
          - name: id1
        vms:
          - name: vm1
            system_identity: true
            user_identities: [id1]
role_assignments:
  - {principal: rg1/vm1, role: Reader, scope: rg1}
";

/// Replaces one line and expects the refusal at a line, with these words.
fn refused(old: &str, new: &str, line: u64, words: &str) {
    assert!(BASE.contains(old), "{old}");
    let error = read(&BASE.replacen(old, new, 1)).expect_err(new);
    assert_eq!(error.line, line, "{new}: {error}");
    assert!(error.reason.contains(words), "{new}: {error}");
    assert!(error.to_string().starts_with(&format!("line {line}, column ")), "{error}");
}

#[test]
fn a_file_as_any_system_writes_it() {
    for text in [BASE.replace('\n', "\r\n"), format!("\u{feff}{}", BASE.replace('\n', "\r\n"))] {
        read(&text).unwrap();
        let error = read(&text.replacen("schema: 1", "schema: 1\r\nvmz: []", 1)).unwrap_err();
        assert_eq!(error.line, 2, "{error}");
    }
}

#[test]
fn unknown_keys_name_their_line() {
    refused("schema: 1", "schema: 1\nvmz: []", 2, "vmz");
    refused("  - name: contoso", "  - {name: contoso, idd: x}", 3, "idd");
    refused("    tenant: contoso", "    tenant: contoso\n    colour: red", 7, "colour");
    refused("      - name: rg1", "      - name: rg1\n        zone: x", 9, "zone");
    refused("          - name: id1", "          - {name: id1, vm: x}", 10, "vm");
    refused("          - name: vm1", "          - name: vm1\n            identity: x", 13, "identity");
    refused("role: Reader,", "role: Reader, who: me,", 16, "who");
}

#[test]
fn unreadable_files() {
    for (text, words) in [
        ("", ""),
        ("schema: [1", ""),
        ("- 1", ""),
        ("schema: one", ""),
        ("schema: 1\nschema: 1", "duplicate"),
        ("tenants: []", "schema"),
        ("schema: 1\nsubscriptions: {a: b}", ""),
        ("schema: 1\ntenants: [{name: [x]}]", ""),
    ] {
        let error = read(text).expect_err(text);
        assert!(!error.reason.is_empty() && error.reason.to_lowercase().contains(words), "{text:?}: {error}");
        assert!(!error.reason.contains('\n'), "{error}");
    }
    refused("schema: 1", "schema: 2", 1, "schema 2 is not known");
}

#[test]
fn contradictions_name_their_line() {
    refused("tenant: contoso", "tenant: fabrikam", 6, "unknown tenant 'fabrikam'; known: contoso");
    refused("  - name: contoso", "  - {id: nonsense, name: contoso}", 3, "'nonsense' is no GUID");
    refused("  - name: contoso", "  - {id: '{72f988bf-86f1-41af-91ab-2d7cd011db47}', name: contoso}", 3, "no GUID");
    refused("  - name: contoso", "  - name: contoso\n  - name: Contoso", 4, "already a tenant 'Contoso'");
    refused("subscriptions:", "subscriptions:\n  - name: SUB", 6, "already a subscription 'sub'");
    refused("      - name: rg1", "      - name: rg1.", 8, "does not end with '.'");
    refused("          - name: id1", "          - name: i", 10, "3 to 128");
    refused("          - name: vm1", "          - name: vm/1", 12, "a VM's name");
    refused("          - name: id1", "          - name: id1\n          - name: ID1", 11, "already an identity 'ID1'");
    refused("        vms:", "        vms:\n          - name: VM1", 13, "already a VM 'vm1'");
    refused("      - name: rg1", "      - name: RG1\n      - name: rg1", 9, "already a resource group 'rg1'");
    refused("[id1]", "[id2]", 14, "unknown identity 'id2'");
    refused("[id1]", "[id1, rg1/ID1]", 14, "attached to this VM twice");
    refused("[id1]", "[a/b/c]", 14, "neither a name, nor group/name");
    refused("true", "false", 16, "has no system-assigned identity");
    refused("true", "false\n            client_id: 72f988bf-86f1-41af-91ab-2d7cd011db47", 14, "system_identity: true");
    refused("role: Reader", "role: Readr", 16, "unknown role 'Readr'; known: Owner");
    refused("scope: rg1", "scope: rg9", 16, "unknown scope 'rg9'");
    refused("scope: rg1", "scope: /subscriptions/72f988bf-86f1-41af-91ab-2d7cd011db47", 16, "does not exist");
    refused("scope: rg1", "scope: /nowhere", 16, "no scope");
    refused("principal: rg1/vm1", "principal: vm1", 16, "write group/name");
    refused("principal: rg1/vm1", "principal: rg1/vm2", 16, "unknown principal 'rg1/vm2'");
    refused(
        "principal: rg1/vm1",
        "principal: 72f988bf-86f1-41af-91ab-2d7cd011db47",
        16,
        "no identity has the principal id",
    );
    refused(
        "  - {principal",
        "  - {principal: rg1/vm1, role: reader, scope: RG1}\n  - {principal",
        17,
        "has Reader at 'rg1' already",
    );
    refused("          - name: vm1", "          - name: vm1\n            os_type: BeOS", 13, "Linux and Windows");
    refused("          - name: vm1", "          - name: vm1\n            user_data: 'not base64!'", 13, "base64");
    refused("          - name: vm1", "          - name: vm1\n            location: here/there", 13, "region");
    let id = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    refused(
        "          - name: id1",
        &format!("          - {{name: id1, principal_id: {id}, client_id: {id}}}"),
        10,
        "already the principal id of 'id1'",
    );
    refused(
        "          - name: id1",
        &format!("          - {{name: id1, client_id: {id}}}\n          - {{name: id2, client_id: {id}}}"),
        11,
        "already the client id of 'id1'",
    );
}

#[test]
fn of_several_tenants_one_must_be_named() {
    let text = BASE.replacen("  - name: contoso", "  - name: contoso\n  - name: other", 1).replacen(
        "    tenant: contoso\n",
        "",
        1,
    );
    let error = read(&text).unwrap_err();
    assert_eq!(error.line, 6);
    assert!(error.reason.contains("several tenants"), "{error}");
}

#[test]
fn a_client_id_is_no_principal() {
    let id = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let text = BASE
        .replacen("          - name: id1", &format!("          - {{name: id1, client_id: {id}}}"), 1)
        .replacen("principal: rg1/vm1", &format!("principal: {id}"), 1);
    let error = read(&text).unwrap_err();
    assert!(error.reason.contains("is a client id; roles go to the principal id, here "), "{error}");
}

#[test]
fn ids_are_the_same_in_every_run_and_follow_the_seed() {
    let state = |text: &str| crate::client::emulator_of(text).state();
    assert_eq!(state(BASE), state(BASE));
    let other = state(&BASE.replacen("schema: 1", "schema: 1\nseed: other", 1));
    assert_ne!(state(BASE)["tenants"][0]["id"], other["tenants"][0]["id"]);
}

#[test]
fn the_example_is_good() {
    let example = include_str!("../../state.example.yaml");
    read(example).unwrap();
    let emulator = crate::client::emulator_of(example);
    assert!(!emulator.facts().vm.is_empty());
    assert_eq!(crate::client::get(&emulator, &format!("/vm/vm-both{}", crate::client::TOKEN)).status, 200);
}

#[test]
fn identities_of_another_tenant_cannot_be_attached() {
    let text = "
schema: 1
tenants: [{name: one}, {name: two}]
subscriptions:
  - {name: a, id: 72f988bf-86f1-41af-91ab-2d7cd011db47, tenant: one, resource_groups: [{name: g, user_identities: [{name: id1}]}]}
  - name: b
    tenant: two
    resource_groups:
      - name: g
        vms:
          - name: vm1
            user_identities: [/subscriptions/72f988bf-86f1-41af-91ab-2d7cd011db47/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1]
";
    let error = read(text).unwrap_err();
    assert_eq!(error.line, 12);
    assert!(error.reason.contains("belongs to another tenant"), "{error}");
}
