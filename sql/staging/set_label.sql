SET VARIABLE label = $label
