#pragma once

#include "services/cli/session.h"

namespace waymark::cli {

// Each adds one noun with its verbs to `app`, or one verb that needs no noun. They keep a reference
// to the session.

/// import csv, xes, jsonl
void AddImportVerbs(CLI::App& app, Session& session);
/// mapping init, list
void AddMappingVerbs(CLI::App& app, Session& session);
/// journey apply, list, get, render
void AddJourneyVerbs(CLI::App& app, Session& session);
/// discover graph, variants, funnel, handoffs
void AddDiscoverVerbs(CLI::App& app, Session& session);
/// metric nps, csat, ces
void AddMetricVerbs(CLI::App& app, Session& session);
/// score show; priorities; insights list
void AddScoreVerbs(CLI::App& app, Session& session);
/// action list, create, update, evaluate
void AddActionVerbs(CLI::App& app, Session& session);
/// programme list, create
void AddProgrammeVerbs(CLI::App& app, Session& session);
/// case list, create, close
void AddCaseVerbs(CLI::App& app, Session& session);
/// source list, get, update, schema, accept-schema
void AddSourceVerbs(CLI::App& app, Session& session);
/// quarantine list, get, export, replay, delete
void AddQuarantineVerbs(CLI::App& app, Session& session);
/// signal list, get; customer timeline; conversation get; index status; with the two below
void AddSignalVerbs(CLI::App& app, Session& session);
/// signal correct, for the noun `signal`
void AddCorrectVerb(CLI::App& signal, Session& session);
/// customer link, unlink, links, get, for the noun `customer`
void AddCustomerVerbs(CLI::App& customer, Session& session);
/// source stats, for the noun `source`
void AddStatisticsVerb(CLI::App& source, Session& session);
/// erasure create, get, list
void AddErasureVerbs(CLI::App& app, Session& session);
/// simulate
void AddSimulateVerb(CLI::App& app, Session& session);

}  // namespace waymark::cli
