-- A job of the stream opens one incident, also when it is delivered twice.
alter table system_logs.incidents add column job text unique;
