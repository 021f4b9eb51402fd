-- What the system notes about itself: calls, incidents, verdicts, answers of models.

-- No primary key and no unique index: the table can become one of daily partitions, and
-- a batch of rows is made harmless to repeat by reflection_writers instead.
create table system_logs.reflections (
    id bigint generated always as identity (cache 1000),
    time_ms bigint not null,
    module text not null,
    version text not null,
    tick bigint not null,
    duration_us real not null,
    outcome text not null,
    error text,
    args jsonb,
    result jsonb
);
-- Rows come in the order of time, for which a block range index is enough, and nearly
-- free to keep; failures are few and are looked up by module.
create index reflections_time on system_logs.reflections using brin (time_ms);
create index reflections_failed on system_logs.reflections (module, time_ms)
    where outcome <> 'ok';

-- The number of the last batch that each writer of reflections has committed.
create table system_logs.reflection_writers (
    writer uuid primary key,
    last_batch bigint not null
);

create table system_logs.incidents (
    incident_id bigint generated always as identity primary key,
    module text not null,
    version text not null,
    kind text not null,
    opened_ms bigint not null,
    closed_ms bigint,
    state text not null,
    summary text not null,
    inputs jsonb,
    fixed_by text,
    commit text
);
create index incidents_opened on system_logs.incidents (opened_ms);

create table system_logs.incident_events (
    incident_id bigint not null references system_logs.incidents,
    time_ms bigint not null,
    step text not null,
    detail jsonb,
    primary key (incident_id, time_ms, step)
);

create table system_logs.gate_verdicts (
    time_ms bigint not null,
    module text not null,
    body_digest text not null,
    accepted boolean not null,
    stage text not null,
    message text not null,
    duration_ms real not null,
    primary key (module, body_digest, time_ms)
);

create table system_logs.llm_calls (
    time_ms bigint not null,
    job text not null,
    route text not null,
    model text not null,
    prompt_digest text not null,
    tokens_in integer not null,
    tokens_out integer not null,
    cost_usd numeric not null,
    outcome text not null,
    primary key (prompt_digest, route, time_ms)
);
