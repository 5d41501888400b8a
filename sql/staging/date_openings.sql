-- What was found earlier about others stands.
DELETE FROM dated_opening USING dated
 WHERE dated_opening.category = dated.category AND dated_opening.exec_id = dated.exec_id;
INSERT INTO dated_opening SELECT category, exec_id, exec_time, refused FROM dated
