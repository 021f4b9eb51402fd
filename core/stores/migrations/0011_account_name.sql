-- Which account of its kind: a paper account that outlives its process has a name.
alter table trading_data.account add column name text;
