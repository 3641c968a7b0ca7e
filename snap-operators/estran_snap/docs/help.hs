<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE helpset PUBLIC "-//Sun Microsystems Inc.//DTD JavaHelp HelpSet Version 2.0//EN" "http://java.sun.com/products/javahelp/helpset_2_0.dtd">
<!-- Generated from the declarations by `make generate`: edit those, not this. -->
<helpset version="2.0">
    <title>Estran</title>
    <maps>
        <homeID>estranMasks</homeID>
        <mapref location="map.jhm"/>
    </maps>
    <view mergetype="javax.help.AppendMerge">
        <name>TOC</name>
        <label>Contents</label>
        <type>javax.help.TOCView</type>
        <data>toc.xml</data>
    </view>
</helpset>
