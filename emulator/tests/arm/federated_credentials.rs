use serde_json::{Value, json};

use crate::azure::{Azure, identity, identity_id};

fn path(name: &str) -> String {
    format!("{}/federatedIdentityCredentials/{name}", identity("id1"))
}

fn body(issuer: &str, subject: &str) -> Value {
    json!({"properties": {"issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}})
}

#[test]
fn writes_that_cannot_be() {
    let azure = Azure::new();
    let put = |name: &str, body: Value| azure.call("admin", "PUT", &path(name), body);
    put("x", body("https://i", "s")).refused(400, "InvalidResourceName", "3 to 120");
    put("cred", json!({"properties": {"issuer": "https://i", "subject": "s"}})).refused(400, "BadRequest", "audience");
    put("cred", body("", "s")).refused(400, "BadRequest", "'issuer'");
    let orphan = path("cred").replace("/id1/", "/id9/");
    azure.call("admin", "PUT", &orphan, body("https://i", "s")).refused(404, "ParentResourceNotFound", "id9");
    put("first", body("https://i", "s")).ok(201);
    let words = "Issuer and subject combination already exists for this Managed Identity.";
    put("second", body("https://i", "s")).refused(409, "Conflict", words);
    azure.get(&path("nothing")).refused(404, "ResourceNotFound", "nothing");
    for number in 1..20 {
        put(&format!("cred-{number}"), body("https://i", &format!("s{number}"))).ok(201);
    }
    put("cred-20", body("https://i", "s20")).refused(400, "BadRequest", "at most 20");
    put("cred-19", body("https://i", "other")).ok(200);
    let flexible = json!({"properties": {"issuer": "https://i", "claimsMatchingExpression": {"value": "x"}}});
    put("cred-19", flexible).refused(501, "NotImplementedByEmulator", "subject");
    azure.call("operator", "PUT", &path("first"), body("https://i", "s")).refused(403, "AuthorizationFailed", "write");
}

#[test]
fn made_read_listed_deleted() {
    let azure = Azure::new();
    let made = azure.call("identities", "PUT", &path("Main"), body("https://i", "s"));
    let id = format!("{}/federatedIdentityCredentials/Main", identity_id("id1"));
    assert_eq!(made.header("location"), Some(id.as_str()));
    let made = made.ok(201);
    assert_eq!(made["id"], json!(id));
    assert_eq!(made["properties"], body("https://i", "s")["properties"]);
    assert_eq!(azure.get(&path("main")).ok(200), made);
    let list = azure.get(path("").trim_end_matches('/')).ok(200);
    assert_eq!(list, json!({"value": [made]}));
    assert_eq!(azure.call("admin", "DELETE", &path("main"), Value::Null).status, 200);
    assert_eq!(azure.call("admin", "DELETE", &path("main"), Value::Null).status, 204);
}

#[test]
fn writes_at_the_same_time_conflict() {
    let azure = Azure::new();
    let mut settings = azure.emulator.settings();
    settings.federated_write_seconds = 0.5;
    azure.emulator.set_settings(settings);
    let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    let (first, second, other) = std::thread::scope(|scope| {
        let write = |identity: &'static str, name: &'static str| {
            let (cloud, token) = (azure.emulator.cloud().to_owned(), azure.token("admin"));
            let pem = std::fs::read(azure.emulator.ca_file()).unwrap();
            let url =
                format!("{cloud}{}?api-version=2024-11-30", path(name).replace("/id1/", &format!("/{identity}/")));
            scope.spawn(move || {
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                    let roots = reqwest::Certificate::from_pem_bundle(&pem).unwrap();
                    // reqwest brings no cryptography here; a second call is refused and changes nothing.
                    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
                    let client = reqwest::Client::builder().tls_certs_only(roots).no_proxy().build().unwrap();
                    let request = client.put(url).bearer_auth(token).json(&body("https://i", name));
                    let response = request.send().await.unwrap();
                    (response.status().as_u16(), response.text().await.unwrap())
                })
            })
        };
        let (first, second, other) = (write("id1", "one"), write("id1", "two"), write("id2", "one"));
        (first.join().unwrap(), second.join().unwrap(), other.join().unwrap())
    });
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", first.1, second.1);
    assert!(first.1.contains(code) || second.1.contains(code));
    assert_eq!(other.0, 201, "another identity is another matter: {}", other.1);
    // One after the other they pass.
    azure.call("admin", "PUT", &path("three"), body("https://i", "three")).ok(201);
    azure.call("admin", "PUT", &path("four"), body("https://i", "four")).ok(201);
}

fn exchange(azure: &Azure, path: &str, fields: &[(&str, &str)]) -> crate::azure::Answer {
    let encoded: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("{name}={value}")
        })
        .collect();
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    azure.raw("POST", path, &kind, &encoded.join("&"))
}

#[test]
fn assertions_are_exchanged_for_the_identitys_token() {
    let azure = Azure::new();
    let facts = azure.get(&identity("id1")).ok(200)["properties"].clone();
    let (tenant, client) = (facts["tenantId"].as_str().unwrap(), facts["clientId"].as_str().unwrap());
    let issuer = format!("{}/{tenant}/", azure.emulator.cloud());
    let outside = azure.principal_of("id2");
    let assertion = azure.emulator.issue_token("id2", "api://AzureADTokenExchange").unwrap();
    let v2 = format!("/{tenant}/oauth2/v2.0/token");
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let ask = |path: &str, more: &[(&str, &str)], assertion: &str| {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_assertion_type", kind),
            ("client_assertion", assertion),
        ];
        fields.extend_from_slice(more);
        exchange(&azure, path, &fields)
    };
    let scope = [("scope", "https://management.azure.com//.default")];
    let refused = |answer: crate::azure::Answer, code: &str, words: &str| {
        assert!(answer.status >= 400, "{}", answer.text);
        assert_eq!(answer.body["error"], code, "{}", answer.text);
        let description = answer.body["error_description"].as_str().unwrap();
        assert!(description.starts_with("AADSTS") && description.contains(words), "{description}");
    };
    refused(ask(&v2, &scope, &assertion), "invalid_client", "presented assertion issuer");
    azure.call("admin", "PUT", &path("cred"), body(&issuer, "somebody")).ok(201);
    refused(ask(&v2, &scope, &assertion), "invalid_client", "presented assertion subject");
    azure.call("admin", "PUT", &path("cred"), body(&issuer, &outside)).ok(200);
    let elsewhere = azure.emulator.issue_token("id2", "https://management.azure.com/").unwrap();
    refused(ask(&v2, &scope, &elsewhere), "invalid_client", "presented assertion audience");
    refused(ask(&v2, &[("scope", "user.read")], &assertion), "invalid_scope", "/.default");
    refused(ask(&v2, &scope, "nonsense"), "invalid_client", "malformed");
    let forged = format!("{}.{}", assertion.rsplit_once('.').unwrap().0, elsewhere.rsplit_once('.').unwrap().1);
    refused(ask(&v2, &scope, &forged), "invalid_client", "invalid signature");
    refused(exchange(&azure, &v2, &[("grant_type", "password")]), "unsupported_grant_type", "password");
    refused(exchange(&azure, &v2, &[]), "invalid_request", "grant_type");
    let secret = [("grant_type", "client_credentials"), ("client_id", client), scope[0], ("client_secret", "x")];
    refused(exchange(&azure, &v2, &secret), "invalid_client", "no secrets");
    let granted = ask(&v2, &scope, &assertion).ok(200);
    assert_eq!(granted["token_type"], "Bearer");
    assert!(granted["expires_in"].is_u64());
    let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    let tenants = azure.raw("GET", "/tenants?api-version=2022-12-01", &[("authorization", &bearer)], "");
    assert_eq!(tenants.ok(200)["value"][0]["tenantId"], tenant);
    let v1 = ask(&format!("/{tenant}/oauth2/token"), &[("resource", "https://management.azure.com/")], &assertion);
    let v1 = v1.ok(200);
    assert!(v1["expires_in"].is_string() && v1["expires_on"].is_string());
    assert_eq!(v1["resource"], "https://management.azure.com/");
    azure.emulator.set_clock_offset(200_000);
    refused(ask(&v2, &scope, &assertion), "invalid_client", "valid time range");
}

#[test]
fn outside_issuers_need_their_keys() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
    use base64::Engine as _;
    let base64url = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let azure = Azure::new();
    let facts = azure.get(&identity("id1")).ok(200)["properties"].clone();
    let (tenant, client) = (facts["tenantId"].as_str().unwrap(), facts["clientId"].as_str().unwrap());
    azure.call("admin", "PUT", &path("cred"), body("https://outside", "me")).ok(201);
    let claims =
        json!({"iss": "https://outside", "sub": "me", "aud": ["api://AzureADTokenExchange"], "exp": 4_000_000_000_u64});
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": "k1"});
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    let assertion = format!("{signed}.{}", base64url(&signature));
    let ask = || {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("scope", "https://management.azure.com/.default"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        exchange(&azure, &format!("/{tenant}/oauth2/v2.0/token"), &fields)
    };
    let refused = ask();
    assert_eq!(refused.status, 401, "{}", refused.text);
    assert!(refused.text.contains("trusted_issuers"), "{}", refused.text);
    let mut state = azure.emulator.state();
    let modulus = base64url(pair.public_key().modulus().big_endian_without_leading_zero());
    let trusted =
        |n: &str| json!([{"issuer": "https://outside", "keys": [{"kid": "k1", "kty": "RSA", "n": n, "e": "AQAB"}]}]);
    state["trusted_issuers"] = trusted(&modulus);
    azure.emulator.set_state(&state.to_string()).unwrap();
    assert_eq!(ask().status, 200, "{}", ask().text);
    let other: String = modulus.chars().rev().collect();
    state["trusted_issuers"] = trusted(&other);
    azure.emulator.set_state(&state.to_string()).unwrap();
    assert!(ask().text.contains("AADSTS700027"), "{}", ask().text);
}
