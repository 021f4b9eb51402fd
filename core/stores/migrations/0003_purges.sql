-- When both stores were emptied, and where the dump of what they held is kept. A store
-- with no row here has never been in use by this project.
create table system_logs.purges (
    purged_ms bigint primary key,
    rows bigint not null,
    keys bigint not null,
    dump text
);
