//! The OpenAPI 3.1 description of the admin API, made of its routes and its types.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::access::Viewer;
use super::problem::Said;
use super::routes::{Answer, ROUTES, Route, Shape};

/// The description, as text with a line end.
pub fn openapi() -> String {
    let mut text = match serde_json::to_string_pretty(&document()) {
        Ok(text) => text,
        Err(error) => unreachable!("a JSON value could not be spelled: {error}"),
    };
    text.push('\n');
    text
}

pub(super) async fn serve(_: Viewer) -> Response {
    ([(CONTENT_TYPE, "application/vnd.oai.openapi+json;version=3.1")], openapi()).into_response()
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES.iter().flat_map(|group| group.iter()) {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.verb] = operation;
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "kvit admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "What operators ask of a running daemon, and have it do",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The Unix socket admin.socket, or admin.listen" }],
        "security": [{ "token": [] }, { "certificate": [] }, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer",
                    "description": "A token whose SHA-256 stands in [operators]" },
                "certificate": { "type": "mutualTLS",
                    "description": "A client certificate whose subject stands in [operators]" },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.about,
        "description": format!("Needs the role `{}`.", route.role),
        "tags": [tag(route.path)],
        "responses": responses(route, generator),
    });
    let parameters: Vec<Value> =
        in_path(route.path).chain(in_query(route.query, generator)).collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = route.body {
        let schema = body(generator);
        operation["requestBody"] = json!({
            "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn tag(path: &str) -> &str {
    let first = path.trim_start_matches("/v1").trim_start_matches('/');
    first.split(['/', '-', '.']).next().unwrap_or(first)
}

fn in_path(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let schema = match name {
            "number" => json!({ "type": "integer", "minimum": 0 }),
            "code" => json!({ "type": "string", "pattern": "^[0-9]{30}$" }),
            _ => json!({ "type": "string" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    })
}

/// Each property of a query's type is a parameter.
fn in_query(query: Option<Shape>, generator: &mut SchemaGenerator) -> Vec<Value> {
    let Some(shape) = query else { return Vec::new() };
    let reference = shape(generator);
    let resolved: Option<Schema> = reference
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.rsplit('/').next())
        .and_then(|name| generator.definitions().get(name))
        .and_then(|found| found.clone().try_into().ok());
    let schema = resolved.unwrap_or(reference);
    let required = |name: &str| {
        let all = schema.get("required").and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|it| it == name))
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let parameter = |(name, schema): (&String, &Value)| {
        let about = schema.get("description").cloned().unwrap_or_default();
        json!({ "name": name, "in": "query", "required": required(name), "description": about,
            "schema": schema })
    };
    properties.iter().map(parameter).collect()
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let content = match route.answer {
        Answer::Json(shape) => json!({ "application/json": { "schema": shape(generator) } }),
        Answer::Lines(shape) => {
            let report = shape(generator);
            let line = json!({ "oneOf": [
                { "type": "object", "required": ["seen"],
                    "properties": { "seen": { "type": "integer" } } },
                { "type": "object", "required": ["report"], "properties": { "report": report } },
                { "type": "object", "required": ["error"],
                    "properties": { "error": { "type": "string" } } },
            ] });
            json!({ "application/x-ndjson": { "schema": line } })
        }
        Answer::Bytes => json!({ "application/octet-stream": {} }),
        Answer::OpenApi => {
            json!({ "application/vnd.oai.openapi+json;version=3.1": {
                "schema": { "type": "object" } } })
        }
    };
    let problem = generator.subschema_for::<Said>();
    let refused = json!({ "description": "Why not, in a sentence",
        "content": { "application/problem+json": { "schema": problem } } });
    json!({ "200": { "description": "As asked", "content": content }, "default": refused })
}
