-- Reflections come by the million and are let go by the day: dropping a partition costs
-- nothing, deleting its rows would cost as much as writing them. What no day's partition
-- takes goes into the default one, so that writing never waits for a new day.
alter table system_logs.reflections rename to reflections_before;
drop index system_logs.reflections_time;
drop index system_logs.reflections_failed;

create table system_logs.reflections (
    id bigint not null,
    time_ms bigint not null,
    module text not null,
    version text not null,
    tick bigint not null,
    duration_us real not null,
    outcome text not null,
    error text,
    args jsonb,
    result jsonb
) partition by range (time_ms);
-- Not an identity: partitioned tables have those only from Postgres 17 on.
create sequence system_logs.reflections_id cache 1000 owned by system_logs.reflections.id;
alter table system_logs.reflections
    alter column id set default nextval('system_logs.reflections_id');
create table system_logs.reflections_rest
    partition of system_logs.reflections default;
create index reflections_time on system_logs.reflections using brin (time_ms);
create index reflections_failed on system_logs.reflections (module, time_ms)
    where outcome <> 'ok';

insert into system_logs.reflections (time_ms, module, version, tick, duration_us,
    outcome, error, args, result)
select time_ms, module, version, tick, duration_us, outcome, error, args, result
from system_logs.reflections_before order by id;
drop table system_logs.reflections_before;
