-- Looks at every row before the policy does, if the planner lets it.
CREATE OR REPLACE FUNCTION pg_temp.looked_at(a_row text) RETURNS boolean LANGUAGE plpgsql COST 0.0000000001 AS $$
BEGIN
    IF a_row ~ 'alice' THEN
        RAISE EXCEPTION 'leaked: %', a_row;
    END IF;
    RETURN true;
END
$$
