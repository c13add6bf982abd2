"""dondoc: chases public bodies towards fixed dates until each has done what it was assigned."""
